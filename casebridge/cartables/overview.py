"""The Centre's overview: how many cases are where, and how many of them are late."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cartables.schemas import Overview, UnitCount
from casebridge.cases.life import OPEN, RUNNING, WAITING
from casebridge.cases.models import Case, going_on
from casebridge.cases.originals import Narrow
from casebridge.cases.schemas import Status
from casebridge.country.models import MembershipRow
from casebridge.country.units import CENTRE
from casebridge.people.models import Account
from line111.clock import now

MOST_UNITS: Final = 50
_REVIEW: Final = (Status.OBJECTED, Status.SECOND_REVIEW)


@dataclass(frozen=True, slots=True)
class Heap:
    """Cases of one unit, province and status: how many, and how many of them are past their deadline."""

    unit: str | None
    province: str | None
    status: Status
    count: int
    past: int


def _whole(query: Any) -> Any:
    return query


async def overview(session: AsyncSession, narrow: Narrow = _whole) -> Overview:
    """Counts of the cases that are not closed, by status, province and unit; `narrow`: of which of them.

    One look at the index of what is going on, however many cases were closed before.
    """
    heaps = await _heaps(session, now(), narrow)
    by_status: dict[Status, int] = {}
    for heap in heaps:
        by_status[heap.status] = by_status.get(heap.status, 0) + heap.count
    by_unit, held = _by(heaps, lambda heap: heap.unit), await held_units(session) | {CENTRE}
    return Overview(
        total=_count(None, heaps),
        by_status=by_status,
        by_province=_by(heaps, lambda heap: heap.province),
        by_unit=by_unit[:MOST_UNITS],
        by_nobody=[one for one in by_unit if one.open and one.code not in held][:MOST_UNITS],
    )


async def held_units(session: AsyncSession) -> set[str]:
    """Units with an official who can sign in."""
    holders = select(MembershipRow.unit_code).join(Account, Account.id == MembershipRow.account_id)
    return set(await session.scalars(holders.where(Account.disabled_at.is_(None)).distinct()))


async def _heaps(session: AsyncSession, moment: datetime, narrow: Narrow) -> list[Heap]:
    past: Any = func.sum(case((Case.due_at <= moment, 1), else_=0))
    which = (Case.owner_unit, Case.status, Case.province)
    counted = select(*which, func.count(), past).where(going_on()).group_by(*which)
    rows = await session.execute(narrow(counted))
    return [Heap(unit, province, Status(status), count, late) for unit, status, province, count, late in rows]


def _by(heaps: list[Heap], place: Callable[[Heap], str | None]) -> list[UnitCount]:
    """Counts of each place, those with the most overdue first."""
    found: dict[str | None, list[Heap]] = {}
    for heap in heaps:
        found.setdefault(place(heap), []).append(heap)
    counts = [_count(code, of_place) for code, of_place in found.items()]
    return sorted(counts, key=lambda one: (-one.overdue, -one.open, one.code or ""))


def _count(code: str | None, heaps: list[Heap]) -> UnitCount:
    def cases(statuses: Collection[Status]) -> int:
        return sum(heap.count for heap in heaps if heap.status in statuses)

    return UnitCount(
        code=code,
        open=cases(OPEN),
        fresh=cases(WAITING),
        overdue=sum(heap.past for heap in heaps if heap.status in RUNNING),
        waiting=cases((Status.WAITING_APPLICANT,)),
        answered=cases((Status.ANSWERED,)),
        review=cases(_REVIEW),
    )
