"""When a callback is due, and what follows from an attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.callbacks.rules import after_attempt, due_at, is_afternoon_left, office
from casebridge.callbacks.schemas import Outcome
from casebridge.deadlines.rules import calendar
from casebridge.deadlines.terms import read
from casebridge.intakes.schemas import Wished

TEHRAN = ZoneInfo("Asia/Tehran")


OFFICE = office(read(None), TEHRAN, calendar({}))


def local(text: str) -> datetime:
    """A moment in Tehran."""
    return datetime.fromisoformat(text).replace(tzinfo=TEHRAN)


@pytest.mark.parametrize(
    ("wished", "asked", "due"),
    [
        ("asap", "2026-11-24T10:30", "2026-11-24T10:30"),
        ("afternoon", "2026-11-24T10:30", "2026-11-24T13:00"),
        ("afternoon", "2026-11-24T14:10", "2026-11-24T14:10"),  # it is the afternoon
        ("afternoon", "2026-11-24T16:00", "2026-11-25T13:00"),  # the office has closed
        ("afternoon", "2026-11-24T20:00", "2026-11-25T13:00"),
        ("afternoon", "2026-11-25T18:00", "2026-11-28T13:00"),  # Wednesday: Thursday and Friday are off
        ("afternoon", "2026-11-27T10:00", "2026-11-28T13:00"),  # on a Friday
        ("tomorrow", "2026-11-24T10:30", "2026-11-25T09:00"),
        ("tomorrow", "2026-11-24T23:59", "2026-11-25T09:00"),
        ("tomorrow", "2026-11-25T00:01", "2026-11-28T09:00"),
        ("tomorrow", "2026-11-26T10:00", "2026-11-28T09:00"),  # a Thursday
        ("tomorrow", "2027-03-20T10:00", "2027-03-27T09:00"),  # Nowruz, and the weekend after it
    ],
)
def test_the_wished_time_in_tehran(wished: str, asked: str, due: str) -> None:
    assert due_at(Wished(wished), local(asked).astimezone(UTC), OFFICE) == local(due)


def test_an_edit_of_the_calendar_moves_what_is_due() -> None:
    edits = {date(2026, 11, 25): True, date(2026, 11, 26): False}
    edited = replace(OFFICE, is_off=calendar(edits))
    assert due_at(Wished.TOMORROW, local("2026-11-24T10:30"), edited) == local("2026-11-26T09:00")


def test_an_office_that_closes_at_noon_has_no_afternoon() -> None:
    short = replace(OFFICE, ends=time(12))
    assert not is_afternoon_left(local("2026-11-24T08:00"), short)
    assert due_at(Wished.AFTERNOON, local("2026-11-24T08:00"), short) == local("2026-11-25T09:00")


@given(
    st.sampled_from([Wished.AFTERNOON, Wished.TOMORROW]),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_no_wish_is_due_in_the_past_on_a_day_off_or_out_of_hours(wished: Wished, asked: datetime) -> None:
    moment = asked.replace(tzinfo=UTC)
    due = due_at(wished, moment, OFFICE).astimezone(TEHRAN)
    assert moment <= due <= moment + timedelta(days=12)
    assert not OFFICE.is_off(due.date())
    assert OFFICE.begins <= due.time() < OFFICE.ends


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_this_afternoon_is_offered_where_it_comes_today_and_only_there(asked: datetime) -> None:
    moment = asked.replace(tzinfo=UTC)
    due = due_at(Wished.AFTERNOON, moment, OFFICE).astimezone(TEHRAN)
    assert is_afternoon_left(moment, OFFICE) == (due.date() == moment.astimezone(TEHRAN).date())


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
