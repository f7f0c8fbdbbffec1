"""The Centre's overview: how many cases are where, and how many of them are late."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, case, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cartables.schemas import Overview, UnitCount
from casebridge.cases.life import OPEN, WAITING
from casebridge.cases.models import Case
from casebridge.cases.schemas import Status
from line111.clock import now

MOST_UNITS: Final = 50
_OPEN: Final = tuple(status.value for status in OPEN)
_FRESH: Final = tuple(status.value for status in WAITING)
_REVIEW: Final = (Status.OBJECTED.value, Status.SECOND_REVIEW.value)


async def overview(session: AsyncSession) -> Overview:
    """Counts of all cases that are not closed, by status, province and unit."""
    statuses = await session.execute(select(Case.status, func.count()).group_by(Case.status))
    by_status = {Status(status): count for status, count in statuses}
    by_province = await _counts(session, Case.province)
    by_unit = await _counts(session, Case.owner_unit)
    total = (await _counts(session, None)) or [_count((None, 0, 0, 0, 0, 0, 0))]
    return Overview(
        total=total[0],
        by_status=by_status,
        by_province=sorted(by_province, key=lambda one: (-one.overdue, -one.open, one.code or "")),
        by_unit=sorted(by_unit, key=lambda one: (-one.overdue, -one.open, one.code or ""))[:MOST_UNITS],
    )


async def _counts(session: AsyncSession, by: Any) -> list[UnitCount]:
    late = and_(Case.status.in_(_OPEN), Case.due_at <= now())
    sums = (
        _sum(Case.status.in_(_OPEN)),
        _sum(Case.status.in_(_FRESH)),
        _sum(late),
        _sum(Case.status == Status.WAITING_APPLICANT.value),
        _sum(Case.status == Status.ANSWERED.value),
        _sum(Case.status.in_(_REVIEW)),
    )
    query: Any = select(by, *sums) if by is not None else select(null(), *sums)
    query = query.where(Case.status != Status.CLOSED.value)
    rows = await session.execute(query.group_by(by) if by is not None else query)
    return [_count(tuple(row)) for row in rows]


def _sum(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _count(row: tuple[Any, ...]) -> UnitCount:
    code, opened, fresh, overdue, waiting, answered, review = row
    numbers = [int(number or 0) for number in (opened, fresh, overdue, waiting, answered, review)]
    return UnitCount(
        code=code,
        open=numbers[0],
        fresh=numbers[1],
        overdue=numbers[2],
        waiting=numbers[3],
        answered=numbers[4],
        review=numbers[5],
    )
