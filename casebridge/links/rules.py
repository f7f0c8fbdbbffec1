"""Decisions about deliveries and about what came back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

LATER: Final = frozenset({408, 425, 429})
"""Statuses below 500 that mean "try again"."""
DENIED: Final = frozenset({401, 403})
"""Our key is not accepted: an operator must act; what was sent is still good."""


class Verdict(StrEnum):
    """What an HTTP answer means for a delivery."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"


def verdict(status: int, *, good: frozenset[int] | None = None) -> Verdict:
    """What a status means; `good` names the successful ones where not all 2xx are."""
    if status in good if good is not None else 200 <= status < 300:
        return Verdict.DELIVERED
    if 400 <= status < 500 and status not in LATER | DENIED:
        return Verdict.REFUSED
    return Verdict.LATER  # 5xx; and a redirect or a strange 2xx, which an operator may put right


def wait_before_next(attempts: int, *, first: float, longest: float, chance: float) -> timedelta:
    """How long to wait after the n-th failed attempt: doubling, with jitter between half and whole.

    Args:
        attempts: Failed so far, at least 1.
        first: Seconds after the first.
        longest: Seconds at most.
        chance: 0 … 1.
    """
    whole = min(first * 2.0 ** min(attempts - 1, 40), longest)
    return timedelta(seconds=whole * (0.5 + chance / 2))


def is_given_up(created_at: datetime, now: datetime, give_up_after: timedelta) -> bool:
    """Whether a delivery has been tried for too long and becomes a dead letter."""
    return now - created_at >= give_up_after


def retry_after(text: str | None) -> float | None:
    """Seconds a Retry-After header asks for, at most an hour; None where it says nothing readable."""
    return min(float(text), 3600.0) if text and text.isascii() and text.isdigit() else None


def action_of(event_type: str, payload: Mapping[str, Any]) -> str:
    """What happened, of an event about a case: named in it, or the end of its type."""
    named = payload.get("action")
    return named if isinstance(named, str) and named else event_type.rpartition(".")[2]


def link_actor(target: str) -> str:
    """How history names a neighbour who has done something to a case."""
    return f"link:{target}"


def goes_along(direction: str, speaker: str, *, named: bool) -> bool:
    """Whether a recording goes along with a case: whom we gave it to gets what its applicant said, who gave
    it to us the voice that answers it; drafts of officials go nowhere.

    Args:
        direction: `out` where the case was handed over by us, `in` where it came from there.
        named: An answer names this recording.
    """
    if direction == "out":
        return speaker != "official"
    return speaker == "official" and named


def is_echo(target: str, actor: str) -> bool:
    """Whether a neighbour would be told of what it has just told us itself."""
    return actor == link_actor(target)
