"""The Jalali calendar in Tehran's time: what screens show and the line says.

Everything is stored in UTC; a day begins at midnight in Tehran (UTC+03:30, no summer time since 1401).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import jdatetime

from persian.digits import to_persian
from persian.words import words

TEHRAN: Final = ZoneInfo("Asia/Tehran")


class InvalidJalaliDate(ValueError):
    """Not a day of the Jalali calendar (such as 30 Esfand of a year that is not a leap year)."""


def tehran_date(moment: date | datetime) -> date:
    """The Gregorian day in Tehran at a moment.

    Raises:
        ValueError: a datetime without a time zone, of which nobody can tell what day it is.
    """
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(TEHRAN).date()


def to_jalali(moment: date | datetime) -> tuple[int, int, int]:
    """Year, month and day of the Jalali calendar, in Tehran."""
    jalali = jdatetime.date.fromgregorian(date=tehran_date(moment))
    return int(jalali.year), int(jalali.month), int(jalali.day)


def from_jalali(year: int, month: int, day: int) -> date:
    """The Gregorian day. Raises InvalidJalaliDate."""
    try:
        gregorian = jdatetime.date(year, month, day).togregorian()
    except ValueError as error:
        raise InvalidJalaliDate(f"{year}/{month}/{day}: {error}") from None
    return date(gregorian.year, gregorian.month, gregorian.day)


def month_name(month: int) -> str:
    """Persian name of a Jalali month, 1 to 12."""
    if not 1 <= month <= 12:
        raise InvalidJalaliDate(f"no month {month}")
    return str(words()["calendar"]["months"][month - 1])


def weekday(moment: date | datetime) -> int:
    """Day of the Iranian week in Tehran: 0 is Saturday, 6 is Friday."""
    return (tehran_date(moment).weekday() + 2) % 7


def format_date(moment: date | datetime) -> str:
    """Short, for lists: "۱۴۰۵/۰۹/۰۳"."""
    year, month, day = to_jalali(moment)
    return to_persian(f"{year:04d}/{month:02d}/{day:02d}")
