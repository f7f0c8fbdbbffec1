"""When a callback is due, and what follows from an attempt. Pure; times come in with their zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from casebridge.callbacks.schemas import Outcome
from casebridge.deadlines.rules import IsOff, add_working_days
from casebridge.deadlines.terms import Terms
from casebridge.intakes.schemas import Wished

RETRY_AFTER = timedelta(minutes=30)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Office:
    """When callbacks are made: hours of the country's clock, and the days that are off."""

    begins: time
    afternoon_begins: time
    ends: time
    zone: ZoneInfo
    is_off: IsOff


def office(terms: Terms, zone: ZoneInfo, is_off: IsOff) -> Office:
    """The office of a centre's terms."""
    return Office(terms.office_begins, terms.afternoon_begins, terms.office_ends, zone, is_off)


def due_at(wished: Wished, asked_at: datetime, office: Office) -> datetime:
    """When the wished time comes.

    asap: at once. afternoon: of today, from now on while it is afternoon; where today is off or the office
    closes before then, of the next working day. tomorrow: when the office opens on the next working day.
    """
    if wished is Wished.ASAP:
        return asked_at
    local = asked_at.astimezone(office.zone)
    if wished is Wished.AFTERNOON and is_afternoon_left(asked_at, office):
        return max(asked_at, _at(local.date(), office.afternoon_begins, office))
    day = add_working_days(local.date(), 1, office.is_off)
    in_the_afternoon = wished is Wished.AFTERNOON and office.afternoon_begins < office.ends
    return _at(day, office.afternoon_begins if in_the_afternoon else office.begins, office)


def is_afternoon_left(moment: datetime, office: Office) -> bool:
    """Whether a callback can still come today in the afternoon."""
    local = moment.astimezone(office.zone)
    return max(local.time(), office.afternoon_begins) < office.ends and not office.is_off(local.date())


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a callback after an attempt: back in line from `due_at` on, or done (None)."""

    due_at: datetime | None


def after_attempt(outcome: Outcome, attempts: int, now: datetime, later_at: datetime | None) -> Next:
    """What follows from the outcome of the n-th attempt (`attempts` counts it).

    Nobody there or busy: again in half an hour, three attempts in all; the place in line by arrival
    stays. `later`: from the agreed time on. Anything else ends it.
    """
    if outcome is Outcome.LATER:
        return Next(later_at)
    if outcome in {Outcome.NO_ANSWER, Outcome.BUSY} and attempts < MAX_ATTEMPTS:
        return Next(now + RETRY_AFTER)
    return Next(None)


def _at(day: date, clock: time, office: Office) -> datetime:
    return datetime.combine(day, clock, tzinfo=office.zone)
