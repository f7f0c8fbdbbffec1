"""When a callback is due, and what follows from an attempt. Pure; times come in with their zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from casebridge.callbacks.schemas import Outcome
from casebridge.intakes.schemas import Wished

AFTERNOON = time(13)
END_OF_AFTERNOON = time(17)
MORNING = time(9)
FRIDAY = 4
"""The weekly day off (`datetime.weekday`)."""
RETRY_AFTER = timedelta(minutes=30)
MAX_ATTEMPTS = 3


def due_at(wished: Wished, asked_at: datetime, zone: ZoneInfo) -> datetime:
    """When the wished time comes.

    asap: at once. afternoon: 13:00 of today or, when the afternoon is over or today is the day off,
    of the next working day; at once while it is afternoon. tomorrow: 09:00 of the next day.
    """
    if wished is Wished.ASAP:
        return asked_at
    local = asked_at.astimezone(zone)
    if wished is Wished.TOMORROW:
        return _at(local, 1, MORNING, zone)
    if local.weekday() != FRIDAY and local.time() < END_OF_AFTERNOON:
        return max(asked_at, _at(local, 0, AFTERNOON, zone))
    days = 1
    while (local + timedelta(days=days)).weekday() == FRIDAY:
        days += 1
    return _at(local, days, AFTERNOON, zone)


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


def _at(local: datetime, days: int, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), clock, tzinfo=zone)
