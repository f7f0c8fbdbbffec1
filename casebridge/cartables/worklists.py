"""Worklists of a cartable (article 6-1): what is with one's units, by what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.cartables.access import held
from casebridge.cartables.rules import SOON_DAYS, Sight, Urgency, urgency
from casebridge.cartables.schemas import Tab, WorkPage, WorkRow
from casebridge.cases.describe import describe_rows
from casebridge.cases.life import RUNNING
from casebridge.cases.models import Case, going_on
from casebridge.cases.schemas import Status
from casebridge.crypto import KeyRing
from casebridge.deadlines import service as deadlines
from casebridge.paging import Cursors, moment_and_id
from line111.clock import now

_RUNNING: Final = tuple(status.value for status in RUNNING)
_STATUSES: Final = {
    Tab.NEW: (Status.REGISTERED, Status.REFERRED),
    Tab.IN_HAND: (Status.IN_HAND,),
    Tab.WAITING: (Status.WAITING_APPLICANT,),
    Tab.REVIEW: (Status.OBJECTED, Status.SECOND_REVIEW),
    Tab.ANSWERED: (Status.ANSWERED, Status.ACCEPTED),
}


@dataclass(frozen=True, slots=True)
class Near:
    """What is late and what is due soon at a moment, as `cartables.rules.urgency` has it."""

    moment: datetime
    soon: datetime

    def of(self, case_row: Case) -> Urgency:
        """How pressing a case is."""
        return urgency(case_row.status, case_row.due_at, self.moment, self.soon)

    @property
    def is_late(self) -> ColumnElement[bool]:
        """The condition of `Urgency.LATE`."""
        return and_(Case.status.in_(_RUNNING), Case.due_at <= self.moment)

    @property
    def is_soon(self) -> ColumnElement[bool]:
        """The condition of `Urgency.SOON`."""
        return and_(Case.status.in_(_RUNNING), Case.due_at > self.moment, Case.due_at <= self.soon)


async def near_now(session: AsyncSession) -> Near:
    """What is near now, by the working days of this centre."""
    moment = now()
    return Near(moment, await deadlines.working_days_from(session, moment, SOON_DAYS))


def _belongs(tab: Tab, near: Near) -> ColumnElement[bool]:
    if tab in _STATUSES:
        return Case.status.in_([status.value for status in _STATUSES[tab]])
    return near.is_late if tab is Tab.OVERDUE else near.is_soon


async def worklist(
    session: AsyncSession,
    keys: KeyRing,
    cursors: Cursors,
    sight: Sight,
    tab: Tab,
    *,
    unit: str | None = None,
    kind: str | None = None,
    cursor: str | None = None,
    limit: int = 30,
) -> WorkPage:
    """A page of one list: what is due first stands first; what is answered, the latest first.

    Raises Problem naming `cursor`.
    """
    place_of = func.coalesce(
        Case.answered_at if tab is Tab.ANSWERED else Case.due_at, Case.registered_at, type_=Case.due_at.type
    )
    place = tuple_(place_of, Case.id)
    near = await near_now(session)
    page = _mine(select(Case.id, place_of.label("place")), sight, unit, kind).where(_belongs(tab, near))
    listing, falling = f"cartable:{tab.value}", tab is Tab.ANSWERED
    if after := cursors.read_moment(listing, cursor):
        page = page.where(place < after if falling else place > after)
    page = _ordered(page, place_of, Case.id, falling=falling).limit(limit + 1).subquery()
    query: Any = (
        select(Case, Applicant, page.c.place)  # of all that were sorted, the page alone is read whole
        .join(page, page.c.id == Case.id)
        .join(Applicant, Applicant.id == Case.applicant_id)
    )
    query = _ordered(query, page.c.place, page.c.id, falling=falling)
    rows = [tuple(row) for row in await session.execute(query)]
    rows, following = cursors.cut(listing, rows, limit, lambda row: moment_and_id(row[2], row[0].id))
    shown = await describe_rows(session, keys, [(row[0], row[1]) for row in rows])
    items = [_row(row[0], one, near) for row, one in zip(rows, shown, strict=True)]
    return WorkPage(items=items, next_cursor=following)


async def tab_counts(
    session: AsyncSession, sight: Sight, *, unit: str | None = None, kind: str | None = None
) -> dict[Tab, int]:
    """How many cases stand in each list; those that are closed are not looked at."""
    near = await near_now(session)
    sums = [func.sum(case((condition, 1), else_=0)) for condition in (near.is_late, near.is_soon)]
    query = _mine(select(Case.status, func.count(), *sums), sight, unit, kind)
    query = query.group_by(Case.owner_unit, Case.status)
    rows = [tuple(row) for row in await session.execute(query)]
    counts = {tab: sum(row[1] for row in rows if row[0] in found) for tab, found in _STATUSES.items()}
    counts |= {Tab.OVERDUE: sum(row[2] for row in rows), Tab.DUE_SOON: sum(row[3] for row in rows)}
    return {tab: counts[tab] for tab in Tab}


def _ordered(query: Any, *columns: Any, falling: bool) -> Any:
    return query.order_by(*(column.desc() if falling else column for column in columns))


def _mine(query: Any, sight: Sight, unit: str | None, kind: str | None) -> Any:
    """Cases that are with one's units now and not closed; not those that only passed through them."""
    query = held(query, sight).where(going_on())
    query = query.where(Case.owner_unit == unit) if unit in sight.units else query
    return query.where(Case.kind == kind) if kind else query


def _row(case_row: Case, shown: Any, near: Near) -> WorkRow:
    return WorkRow(
        case=shown,
        owner_unit=case_row.owner_unit,
        subject=case_row.subject,
        due_at=case_row.due_at,
        urgency=near.of(case_row),
        round=case_row.round,
        version=case_row.version,
    )
