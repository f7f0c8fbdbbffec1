"""Days are Tehran's days, and the calendar is Jalali."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persian.calendar import (
    InvalidJalaliDate,
    format_date,
    from_jalali,
    month_name,
    tehran_date,
    to_jalali,
    weekday,
)
from persian.digits import to_latin


@pytest.mark.parametrize(
    ("gregorian", "jalali"),
    [
        (date(2026, 11, 24), (1405, 9, 3)),
        (date(2025, 3, 20), (1403, 12, 30)),  # a leap year's last day
        (date(2025, 3, 21), (1404, 1, 1)),
        (date(1979, 2, 11), (1357, 11, 22)),
        (date(2000, 1, 1), (1378, 10, 11)),
    ],
)
def test_dates_are_the_almanacs(gregorian: date, jalali: tuple[int, int, int]) -> None:
    assert to_jalali(gregorian) == jalali
    assert from_jalali(*jalali) == gregorian


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_every_day_comes_back_from_jalali(day: date) -> None:
    assert from_jalali(*to_jalali(day)) == day
    assert to_latin(format_date(day)) == "{:04}/{:02}/{:02}".format(*to_jalali(day))


def test_day_begins_at_midnight_in_tehran() -> None:
    before = datetime(2026, 11, 24, 20, 29, 59, tzinfo=UTC)
    assert tehran_date(before) == date(2026, 11, 24)
    assert tehran_date(before + timedelta(seconds=1)) == date(2026, 11, 25)
    assert format_date(before) == "۱۴۰۵/۰۹/۰۳"


def test_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_jalali(datetime(2026, 11, 24))  # noqa: DTZ001


def test_week_begins_on_saturday() -> None:
    saturday = date(2026, 11, 21)
    assert [weekday(saturday + timedelta(days=day)) for day in range(7)] == list(range(7))


@pytest.mark.parametrize("day", [(1405, 13, 1), (1404, 12, 30), (1405, 0, 1), (1405, 7, 31), (0, 1, 1)])
def test_days_that_do_not_exist_are_refused(day: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidJalaliDate):
        from_jalali(*day)


@pytest.mark.parametrize("month", [0, 13])
def test_months_that_do_not_exist_have_no_name(month: int) -> None:
    with pytest.raises(InvalidJalaliDate):
        month_name(month)
