"""When a case presses: late, due soon, or neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from casebridge.cartables.rules import SOON_DAYS, Urgency, urgency
from casebridge.cases.life import UNDER_WAY
from casebridge.cases.schemas import Status
from casebridge.deadlines.rules import calendar, due_after
from persian.calendar import TEHRAN, from_jalali

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SOON = NOW + timedelta(days=2)
PLAIN = calendar({})


@pytest.mark.parametrize(
    ("status", "due", "found"),
    [
        ("in_hand", NOW - timedelta(seconds=1), Urgency.LATE),
        ("in_hand", NOW, Urgency.LATE),
        ("in_hand", NOW + timedelta(seconds=1), Urgency.SOON),
        ("registered", SOON, Urgency.SOON),
        ("referred", SOON + timedelta(seconds=1), Urgency.CALM),
        ("second_review", NOW - timedelta(days=3), Urgency.LATE),
        ("objected", NOW - timedelta(days=1), Urgency.LATE),
        ("objected", NOW + timedelta(hours=1), Urgency.SOON),
        ("in_hand", None, Urgency.CALM),
        ("waiting_applicant", NOW - timedelta(days=3), Urgency.CALM),
        ("waiting_applicant", NOW + timedelta(hours=1), Urgency.CALM),
    ],
)
def test_a_case_presses_by_its_deadline_where_the_time_is_its_units(
    status: str, due: datetime | None, found: Urgency
) -> None:
    assert urgency(status, due, NOW, SOON) is found


@pytest.mark.parametrize("status", sorted(set(Status) - UNDER_WAY))
def test_what_owes_no_answer_never_presses(status: Status) -> None:
    assert urgency(status, NOW - timedelta(days=30), NOW, SOON) is Urgency.CALM


@pytest.mark.parametrize(
    ("today", "last"),
    [
        ((1405, 8, 16), (1405, 8, 18)),  # Saturday: Monday
        ((1405, 8, 20), (1405, 8, 24)),  # Wednesday: over the weekend to Sunday
        ((1405, 8, 21), (1405, 8, 24)),  # Thursday, off: the same
        ((1404, 12, 28), (1405, 1, 8)),  # over the oil industry's day, Nowruz and two weekends
    ],
)
def test_soon_is_two_working_days_however_many_days_off_lie_between(
    today: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    moment = datetime.combine(from_jalali(*today), NOW.time(), tzinfo=TEHRAN)
    soon = due_after(SOON_DAYS, moment, TEHRAN, PLAIN).astimezone(TEHRAN)
    assert soon.date() == from_jalali(*last)
