"""Worklists of a cartable (article 6-1): what is with one's units, by what it waits for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.cartables.access import held
from casebridge.cartables.rules import Sight
from casebridge.cartables.schemas import Tab, WorkPage, WorkRow
from casebridge.cases.describe import describe_rows
from casebridge.cases.life import OPEN
from casebridge.cases.models import Case
from casebridge.cases.schemas import Status
from casebridge.crypto import KeyRing
from casebridge.paging import Cursors, moment_and_id
from line111.clock import now

SOON: Final = timedelta(days=2)
"""What is due within this time is due soon."""
_OPEN: Final = tuple(status.value for status in OPEN)
_STATUSES: Final = {
    Tab.NEW: (Status.REGISTERED, Status.REFERRED),
    Tab.IN_HAND: (Status.IN_HAND,),
    Tab.WAITING: (Status.WAITING_APPLICANT,),
    Tab.REVIEW: (Status.OBJECTED, Status.SECOND_REVIEW),
    Tab.ANSWERED: (Status.ANSWERED, Status.ACCEPTED),
}


def belongs(tab: Tab, moment: datetime) -> ColumnElement[bool]:
    """The condition of a tab."""
    if tab in _STATUSES:
        return Case.status.in_([status.value for status in _STATUSES[tab]])
    if tab is Tab.OVERDUE:
        return and_(Case.status.in_(_OPEN), Case.due_at <= moment)
    return and_(Case.status.in_(_OPEN), Case.due_at > moment, Case.due_at <= moment + SOON)


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
    query = _mine(select(Case, Applicant, place_of.label("place")), sight, unit, kind)
    query = query.join(Applicant, Applicant.id == Case.applicant_id).where(belongs(tab, now()))
    listing = f"cartable:{tab.value}"
    after = cursors.read_moment(listing, cursor)
    if tab is Tab.ANSWERED:
        query = query.order_by(place_of.desc(), Case.id.desc())
        query = query.where(place < after) if after else query
    else:
        query = query.order_by(place_of, Case.id)
        query = query.where(place > after) if after else query
    rows = [tuple(row) for row in await session.execute(query.limit(limit + 1))]
    rows, following = cursors.cut(listing, rows, limit, lambda row: moment_and_id(row[2], row[0].id))
    shown = await describe_rows(session, keys, [(row[0], row[1]) for row in rows])
    items = [_row(row[0], one) for row, one in zip(rows, shown, strict=True)]
    return WorkPage(items=items, next_cursor=following)


async def tab_counts(
    session: AsyncSession, sight: Sight, *, unit: str | None = None, kind: str | None = None
) -> dict[Tab, int]:
    """How many cases stand in each list."""
    moment = now()
    sums = [func.sum(case((belongs(tab, moment), 1), else_=0)) for tab in Tab]
    row = (await session.execute(_mine(select(*sums), sight, unit, kind))).one()
    return {tab: int(count or 0) for tab, count in zip(Tab, row, strict=True)}


def _mine(query: Any, sight: Sight, unit: str | None, kind: str | None) -> Any:
    """Cases that are with one's units now; not those that only passed through them."""
    query = held(query, sight)
    query = query.where(Case.owner_unit == unit) if unit in sight.units else query
    return query.where(Case.kind == kind) if kind else query


def _row(case_row: Case, shown: Any) -> WorkRow:
    return WorkRow(
        case=shown,
        owner_unit=case_row.owner_unit,
        subject=case_row.subject,
        due_at=case_row.due_at,
        round=case_row.round,
        version=case_row.version,
    )
