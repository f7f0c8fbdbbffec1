"""How messages travel: which provider is next, when again, at what hours, to whom. No I/O."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from casebridge.notifications.schemas import Medium
from persian.phones import InvalidPhoneNumber, PhoneKind, normalise_phone, phone_kind

ROUNDS: Final = 10
"""How often all providers are tried before a message is a dead letter: over some hours."""
FIRST_WAIT: Final = timedelta(seconds=20)
LONGEST_WAIT: Final = timedelta(hours=1)
FAILURES_BEFORE_REST: Final = 5
FIRST_REST: Final = 15.0
LONGEST_REST: Final = 300.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a message has come. Ways are named as `way_name` names them.

    Args:
        refused: Ways on which it will never go.
        failed: Ways that failed in this round.
        rounds: Rounds in which all have failed.
        asked: A way on which it may have gone already: it is tried again before any other.
    """

    refused: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    rounds: int = 0
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """On which way to send: this one; or on none now, but in `wait` seconds; or on none at all (`dead`)."""

    way: str | None = None
    wait: float = 0.0
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What follows a try: `state` as in `schemas.State`, and when again where it waits."""

    state: str
    progress: Progress
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a message goes."""

    medium: Medium
    to: str


def choose(order: Sequence[str], progress: Progress, resting: Mapping[str, float]) -> Choice:
    """On which way to send next.

    Args:
        order: The ways a message may go, best first.
        resting: Seconds each provider still rests.
    """
    left = [way for way in order if way not in progress.refused]
    if not left:
        return Choice(dead=True)
    if progress.asked in left:
        pause = resting.get(provider_of(progress.asked), 0.0)
        return Choice(wait=pause) if pause else Choice(progress.asked)
    fresh = [way for way in left if way not in progress.failed] or left
    awake = [way for way in fresh if not resting.get(provider_of(way))]
    if awake:
        return Choice(awake[0])
    return Choice(wait=min(resting[provider_of(way)] for way in fresh))


def after(
    result: str, way: str, order: Sequence[str], progress: Progress, *, legally_due: bool, jitter: float
) -> Next:
    """What follows when a provider has answered.

    A refusal, which is about one receiver, goes on to the next way at once; so does a failure, which is
    the provider's whoever it writes to. When all have failed, all are tried again later. Where the answer
    is unknown the same way is gone again, with the same id:
    only a message the law demands may thereby come twice, any other is left to a person.

    Args:
        jitter: 0 to 1, from a random source: keeps many messages from coming back together.
    """
    if result == "sent":
        return Next("sent", replace(progress, asked=None))
    if result == "refused":
        refused = replace(progress, refused=(*progress.refused, way), asked=None)
        return Next("waiting" if set(order) - set(refused.refused) else "dead", refused)
    if result == "unknown":
        if not legally_due:
            return Next("dead", replace(progress, asked=None))
        return _later(replace(progress, asked=way if progress.rounds + 1 < ROUNDS // 2 else None), jitter)
    failed = {*progress.failed, *(other for other in order if provider_of(other) == provider_of(way))}
    left = set(order) - set(progress.refused)
    if left - failed:
        return Next("waiting", replace(progress, failed=tuple(sorted(failed)), asked=None))
    return _later(replace(progress, failed=(), asked=None), jitter)


def _later(progress: Progress, jitter: float) -> Next:
    tried = replace(progress, rounds=progress.rounds + 1)
    if tried.rounds >= ROUNDS:
        return Next("dead", tried)
    return Next("waiting", tried, backoff(tried.rounds, jitter))


def backoff(rounds: int, jitter: float) -> timedelta:
    """Time until the next round: doubling from twenty seconds to an hour, of which half is chance."""
    longest = min(FIRST_WAIT * 2.0 ** min(rounds - 1, 20), LONGEST_WAIT)
    return longest * (0.5 + jitter / 2)


def rest_after(failures: int) -> float:
    """Seconds a provider rests after so many failures in a row."""
    if failures < FAILURES_BEFORE_REST:
        return 0.0
    return min(FIRST_REST * 2.0 ** min(failures - FAILURES_BEFORE_REST, 20), LONGEST_REST)


def quiet_until(moment: datetime, zone: ZoneInfo, begins: time, ends: time) -> datetime | None:
    """When the quiet hours that hold now are over; None where it is no quiet hour.

    Hours are those of the country's clock. Equal times mean that there are none.
    """
    if begins == ends:
        return None
    local = moment.astimezone(zone)
    hour = local.time()
    over_midnight = begins > ends
    quiet = (hour >= begins or hour < ends) if over_midnight else begins <= hour < ends
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and hour >= begins else 0)
    return datetime.combine(day, ends, zone)


def way_name(provider: str, contact_hash: bytes | None) -> str:
    """A way to send: a provider, and to which of the receivers, who is not to be read from it."""
    return f"{provider}@{contact_hash[:6].hex()}" if contact_hash else provider


def provider_of(way: str) -> str:
    """The provider of a way."""
    return way.partition("@")[0]


def receivers_of(contacts: Mapping[str, str | None], offered: Sequence[Medium]) -> list[Receiver]:
    """Where an applicant or unit can be written to, best first: their mobiles, then an e-mail address.

    Args:
        contacts: `contact_number`, `caller_number`, `email`, each or none.
        offered: Media there is a provider for.
    """
    found: list[Receiver] = []
    if Medium.SMS in offered:
        numbers = (mobile(contacts.get(name)) for name in ("contact_number", "caller_number"))
        found += [Receiver(Medium.SMS, number) for number in dict.fromkeys(filter(None, numbers))]
    address = (contacts.get("email") or "").strip()
    if Medium.EMAIL in offered and "@" in address:
        found.append(Receiver(Medium.EMAIL, address))
    return found


def mobile(number: str | None) -> str | None:
    """The number in E.164 where it can take a text message. Numbers abroad are taken at their word."""
    try:
        normal = normalise_phone(number or "")
        kind = phone_kind(normal)
    except InvalidPhoneNumber:
        return None
    abroad = not normal.startswith("+98")
    return normal if kind is PhoneKind.MOBILE or (abroad and kind is PhoneKind.OTHER) else None


def chance() -> float:
    """A jitter for `after`."""
    return random.random()  # noqa: S311 - spreads retries, guards nothing
