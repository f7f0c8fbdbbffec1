"""When an answer is due: working days of Iran, by kind and level. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

import holidays as official

from casebridge.cases.schemas import Kind, Level
from casebridge.deadlines.terms import in_force
from persian.calendar import to_jalali

IsOff = Callable[[date], bool]
"""Whether a day is no working day."""
LONGEST: Final = 400
"""Working days; nothing that is due later than that is a deadline."""


class Origin(StrEnum):
    """What an official holiday goes by."""

    SOLAR = "solar"
    LUNAR = "lunar"
    BOTH = "both"
    """A solar and a lunar holiday on one day."""
    DECLARED = "declared"
    """Declared for once by the government."""


SOLAR_DAYS: Final = frozenset(
    {(1, 1), (1, 2), (1, 3), (1, 4), (1, 12), (1, 13), (3, 14), (3, 15), (11, 22), (12, 29), (12, 30)}
)
"""Months and days of the Jalali calendar; the thirtieth of Esfand comes in leap years alone."""
_DECLARED: Final = "Public Holiday"
_BETWEEN_NAMES: Final = "; "


def origin_of(day: date, name_en: str) -> Origin:
    """What a holiday of the official calendar goes by. A lunar one may be sighted a day earlier or later."""
    if name_en == _DECLARED:
        return Origin.DECLARED
    if to_jalali(day)[1:] not in SOLAR_DAYS:
        return Origin.LUNAR
    return Origin.BOTH if _BETWEEN_NAMES in name_en else Origin.SOLAR


def shifted(day: date, by: int, lunar: Container[date]) -> list[date]:
    """The lunar holidays that move with one: those which follow it without a gap, the farthest first.

    One month begins with one sighting: where Tasua falls a day later, so does Ashura after it.
    """
    step = timedelta(days=by)
    run = [day]
    while run[-1] + step in lunar:
        run.append(run[-1] + step)
    return run[::-1]


def official_holidays(year: int) -> dict[date, tuple[str, str]]:
    """Iran's public holidays of a Gregorian year, by day: Persian and English name.

    The lunar ones of years to come are computed; the sighting of the moon may move them by a day, which an
    entry in the table of edits puts right.
    """
    persian = official.country_holidays("IR", years=year, language="fa_IR")
    english = official.country_holidays("IR", years=year, language="en_US")
    return {day: (persian[day], english[day]) for day in sorted(persian)}


@cache
def _official_days(year: int) -> frozenset[date]:
    return frozenset(official.country_holidays("IR", years=year))


def calendar(edits: Mapping[date, bool]) -> IsOff:
    """Working days by weekend and public holidays, and by the edits of a centre, which go before both."""

    def is_off(day: date) -> bool:
        if day in edits:
            return edits[day]
        return day.weekday() in in_force().weekend or day in _official_days(day.year)

    return is_off


def add_working_days(day: date, count: int, is_off: IsOff) -> date:
    """The working day `count` working days after a day; 0 or less: the day itself or the next working one."""
    steps = min(max(count, 0), LONGEST)
    current = day
    while steps or is_off(current):
        current += timedelta(days=1)
        if not is_off(current):
            steps = max(steps - 1, 0)
    return current


def working_days_between(first: date, last: date, is_off: IsOff) -> int:
    """Working days after `first`, up to and with `last`; negative where `last` lies before."""
    if last < first:
        return -working_days_between(last, first, is_off)
    return sum(not is_off(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def due_after(days: int, moment: datetime, zone: ZoneInfo, is_off: IsOff) -> datetime:
    """The end of office hours so many working days after a moment, in UTC."""
    day = add_working_days(moment.astimezone(zone).date(), days, is_off)
    return datetime.combine(day, in_force().office_ends, tzinfo=zone).astimezone(UTC)


def answer_due(kind: str, level: str, moment: datetime, zone: ZoneInfo, is_off: IsOff) -> datetime:
    """When the answer to a case is due that comes to its unit at this moment."""
    return due_after(in_force().days[Kind(kind)][Level(level)], moment, zone, is_off)


def final_due(kind: str, level: str, begun: datetime, zone: ZoneInfo, is_off: IsOff) -> datetime:
    """Until when a case must be answered that began at this moment, however often it is passed on."""
    terms = in_force()
    return due_after(ceil(terms.days[Kind(kind)][Level(level)] * terms.final_terms), begun, zone, is_off)


def interim_due(begun: datetime, due: datetime) -> datetime:
    """When the applicant should at least hear how things stand."""
    return begun + (due - begun) * in_force().interim_share
