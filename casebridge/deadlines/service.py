"""Holidays as a centre has edited them, and the deadlines of cases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases.models import Case
from casebridge.deadlines import rules
from casebridge.deadlines.models import Holiday
from casebridge.deadlines.schemas import MOST_NAME, Day, DayChange, DayPage, DaySource
from casebridge.deadlines.terms import in_force
from casebridge.problems import Problem
from line111.clock import now
from persian.calendar import TEHRAN

ZONE: Final[ZoneInfo] = TEHRAN


async def working_calendar(session: AsyncSession) -> rules.IsOff:
    """Which days are off, edits included."""
    found = await session.execute(select(Holiday.day, Holiday.off))
    return rules.calendar({row.day: row.off for row in found})


async def answer_due(session: AsyncSession, case: Case) -> datetime:
    """When the answer is due, counted from now: a whole term."""
    is_off = await working_calendar(session)
    return rules.answer_due(case.kind, case.level, now(), ZONE, is_off)


async def begin(session: AsyncSession, case: Case) -> None:
    """Sets the first deadline of a case that was just registered, and when half of its time is over."""
    case.due_at = await answer_due(session, case)
    case.interim_due_at = rules.interim_due(now(), case.due_at)


async def waiting_due(session: AsyncSession) -> datetime:
    """Until when an applicant may give what was asked for."""
    return await working_days_from(session, now(), in_force().waiting_days)


async def session_due(session: AsyncSession) -> datetime:
    """Until when a problem-solving session is to have ended a case (9-1)."""
    return await working_days_from(session, now(), in_force().session_days)


async def working_days_from(session: AsyncSession, moment: datetime, days: int) -> datetime:
    """The end of office hours so many working days after a moment."""
    return rules.due_after(days, moment, ZONE, await working_calendar(session))


async def list_days(session: AsyncSession, year: int) -> DayPage:
    """Public holidays of a Gregorian year with a centre's edits."""
    return DayPage(items=await days_between(session, date(year, 1, 1), date(year, 12, 31)))


async def days_between(session: AsyncSession, first: date, last: date) -> list[Day]:
    """Public holidays from a day to another with a centre's edits, in their order."""
    days = {day: found for day, found in _official(first, last).items() if first <= day <= last}
    for row in await session.scalars(select(Holiday).where(Holiday.day.between(first, last))):
        days[row.day] = Day(
            day=row.day,
            name_fa=row.name_fa,
            name_en=row.name_en,
            source=DaySource.EDITED,
            origin=days[row.day].origin if row.day in days else None,
            off=row.off,
        )
    return [days[day] for day in sorted(days)]


def _official(first: date, last: date) -> dict[date, Day]:
    return {
        day: Day(day=day, name_fa=fa, name_en=en, source=DaySource.OFFICIAL, origin=rules.origin_of(day, en))
        for year in range(first.year, last.year + 1)
        for day, (fa, en) in rules.official_holidays(year).items()
    }


async def set_day(session: AsyncSession, day: date, change: DayChange, actor: str) -> None:
    """Says of a day that it is off, or that it is worked. Deadlines already set stay."""
    row = await session.get(Holiday, day)
    if row is None:
        row = Holiday(day=day)
        session.add(row)
    row.name_fa, row.name_en, row.off = change.name_fa, change.name_en, change.off
    told = {"day": day.isoformat(), **change.model_dump()}
    await audit.write(session, actor, "holiday_set", "holiday", day.isoformat(), detail=told)


async def work_on(session: AsyncSession, day: date, actor: str) -> None:
    """Says that an official holiday is worked, under its own name. Raises Problem `not_found`."""
    found = _official(day, day).get(day)
    if found is None:
        raise Problem("not_found")
    await set_day(session, day, _change(found, off=False), actor)


async def move_day(session: AsyncSession, day: date, by: int, actor: str) -> None:
    """Moves a lunar holiday by a day, as the moon was sighted, and those that follow it at once with it.

    Args:
        by: 1 for a day later, -1 for a day earlier.

    Raises Problem `not_found` where the official calendar has no lunar holiday on that day, or it was
    edited before.
    """
    span = timedelta(days=31)
    known = _official(day - span, day + span)
    now_so = {found.day: found for found in await days_between(session, day - span, day + span)}
    lunar = {
        found.day
        for found in now_so.values()
        if found.source is DaySource.OFFICIAL and found.origin is rules.Origin.LUNAR
    }
    if day not in lunar or by not in (1, -1):
        raise Problem("not_found")
    for one in rules.shifted(day, by, lunar):
        to = one + timedelta(days=by)
        also = known.get(to) if to not in lunar else None
        await set_day(session, to, _change(known[one], also=also), actor)
    await set_day(session, day, _change(known[day], off=False), actor)


def _change(day: Day, *, off: bool = True, also: Day | None = None) -> DayChange:
    """An edit under a day's name, and under that of the holiday which is there already."""
    names = [day] if also is None else [also, day]
    fa, en = "; ".join(one.name_fa for one in names), "; ".join(one.name_en for one in names)
    return DayChange(name_fa=fa[:MOST_NAME], name_en=en[:MOST_NAME], off=off)


async def forget_day(session: AsyncSession, day: date, actor: str) -> None:
    """Back to the official calendar."""
    await session.execute(delete(Holiday).where(Holiday.day == day))
    await audit.write(session, actor, "holiday_forgotten", "holiday", day.isoformat())
