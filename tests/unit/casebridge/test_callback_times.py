"""When a callback is due, and what follows from an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.callbacks.rules import after_attempt, due_at
from casebridge.callbacks.schemas import Outcome
from casebridge.intakes.schemas import Wished

TEHRAN = ZoneInfo("Asia/Tehran")


def local(text: str) -> datetime:
    """A moment in Tehran."""
    return datetime.fromisoformat(text).replace(tzinfo=TEHRAN)


@pytest.mark.parametrize(
    ("wished", "asked", "due"),
    [
        ("asap", "2026-11-24T10:30", "2026-11-24T10:30"),
        ("afternoon", "2026-11-24T10:30", "2026-11-24T13:00"),
        ("afternoon", "2026-11-24T14:10", "2026-11-24T14:10"),  # it is the afternoon
        ("afternoon", "2026-11-24T17:00", "2026-11-25T13:00"),
        ("afternoon", "2026-11-26T18:00", "2026-11-28T13:00"),  # Thursday evening: Friday is off
        ("afternoon", "2026-11-27T10:00", "2026-11-28T13:00"),  # on a Friday
        ("tomorrow", "2026-11-24T10:30", "2026-11-25T09:00"),
        ("tomorrow", "2026-11-24T23:59", "2026-11-25T09:00"),
        ("tomorrow", "2026-11-25T00:01", "2026-11-26T09:00"),
    ],
)
def test_the_wished_time_in_tehran(wished: str, asked: str, due: str) -> None:
    assert due_at(Wished(wished), local(asked).astimezone(UTC), TEHRAN) == local(due)


@given(st.sampled_from(Wished), st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1)))  # noqa: DTZ001
def test_no_wish_is_due_in_the_past_or_later_than_three_days(wished: Wished, asked: datetime) -> None:
    moment = asked.replace(tzinfo=UTC)
    assert moment <= due_at(wished, moment, TEHRAN) <= moment + timedelta(days=3)


NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
AGREED = NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("outcome", "attempts", "due"),
    [
        (Outcome.REACHED, 1, None),
        (Outcome.REFUSED, 1, None),
        (Outcome.WRONG_NUMBER, 1, None),
        (Outcome.LATER, 5, AGREED),
        (Outcome.NO_ANSWER, 1, NOW + timedelta(minutes=30)),
        (Outcome.BUSY, 2, NOW + timedelta(minutes=30)),
        (Outcome.NO_ANSWER, 3, None),
    ],
)
def test_what_follows_from_an_attempt(outcome: Outcome, attempts: int, due: datetime | None) -> None:
    assert after_attempt(outcome, attempts, NOW, AGREED).due_at == due
