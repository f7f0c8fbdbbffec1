"""Holidays as a centre has edited them, and the deadlines of cases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases.models import Case
from casebridge.deadlines import rules
from casebridge.deadlines.models import Holiday
from casebridge.deadlines.schemas import Day, DayChange, DayPage, DaySource
from casebridge.deadlines.terms import in_force
from line111.clock import now
from persian.calendar import TEHRAN

ZONE: Final[ZoneInfo] = TEHRAN


async def working_calendar(session: AsyncSession) -> rules.IsOff:
    """Which days are off, edits included."""
    found = await session.execute(select(Holiday.day, Holiday.off))
    return rules.calendar({row.day: row.off for row in found})


async def answer_due(session: AsyncSession, case: Case, level: str | None = None) -> datetime:
    """When the answer is due, counted from now."""
    is_off = await working_calendar(session)
    return rules.answer_due(case.kind, level or case.level, now(), ZONE, is_off)


async def begin(session: AsyncSession, case: Case) -> None:
    """Sets the first deadline of a case that was just registered, and when half of its time is over."""
    case.due_at = await answer_due(session, case)
    case.interim_due_at = rules.interim_due(now(), case.due_at)


async def waiting_due(session: AsyncSession) -> datetime:
    """Until when an applicant may give what was asked for."""
    return await working_days_from(session, now(), in_force().waiting_days)


async def working_days_from(session: AsyncSession, moment: datetime, days: int) -> datetime:
    """The end of office hours so many working days after a moment."""
    return rules.due_after(days, moment, ZONE, await working_calendar(session))


async def list_days(session: AsyncSession, year: int) -> DayPage:
    """Public holidays of a Gregorian year with a centre's edits."""
    days = {
        day: Day(day=day, name_fa=fa, name_en=en, source=DaySource.OFFICIAL, off=True)
        for day, (fa, en) in rules.official_holidays(year).items()
    }
    within = Holiday.day.between(date(year, 1, 1), date(year, 12, 31))
    for row in await session.scalars(select(Holiday).where(within)):
        days[row.day] = Day(
            day=row.day, name_fa=row.name_fa, name_en=row.name_en, source=DaySource.EDITED, off=row.off
        )
    return DayPage(items=[days[day] for day in sorted(days)])


async def set_day(session: AsyncSession, day: date, change: DayChange, actor: str) -> None:
    """Says of a day that it is off, or that it is worked. Deadlines already set stay."""
    row = await session.get(Holiday, day)
    if row is None:
        row = Holiday(day=day)
        session.add(row)
    row.name_fa, row.name_en, row.off = change.name_fa, change.name_en, change.off
    told = {"day": day.isoformat(), "off": change.off}
    await audit.write(session, actor, "holiday_set", "holiday", day.isoformat(), detail=told)


async def forget_day(session: AsyncSession, day: date, actor: str) -> None:
    """Back to the official calendar."""
    await session.execute(delete(Holiday).where(Holiday.day == day))
    await audit.write(session, actor, "holiday_forgotten", "holiday", day.isoformat())
