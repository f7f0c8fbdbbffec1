"""Notices of a cartable: what a unit was told, also where it has no number and no address.

A reminder, an escalation, the result of an idea (4-21) are sent to a unit that has a contact. Here they stand
for every unit, until somebody who works there has read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cartables.access import visible
from casebridge.cartables.rules import Sight
from casebridge.cartables.schemas import NoticeLine, NoticePage
from casebridge.cases.models import Case
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.notifications.models import Notification
from casebridge.notifications.rows import spoken
from casebridge.notifications.schemas import Audience
from casebridge.notifications.texts.templates import write
from casebridge.notifications.texts.wording import own_wording
from casebridge.paging import Cursors, moment_and_id
from line111.clock import now

IN_THE_LISTS: Final = "referred"
"""A case that comes stands in the list of new ones: a notice of it would only hide the others."""


async def notices(
    session: AsyncSession,
    cursors: Cursors,
    sight: Sight,
    language: str,
    *,
    read: bool = False,
    cursor: str | None = None,
    limit: int = 30,
) -> NoticePage:
    """A page of what one's units were told, in the reader's language, the newest first.

    Args:
        read: those somebody has read already, instead of those nobody has.

    Raises Problem naming `cursor`.
    """
    query = _mine(select(Notification, Case.tracking_code), sight, read=read)
    query = query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limit + 1)
    listing = "notices:read" if read else "notices"
    if place := cursors.read_moment(listing, cursor):
        query = query.where(tuple_(Notification.created_at, Notification.id) < place)
    rows = [tuple(row) for row in await session.execute(query)]
    rows, following = cursors.cut(
        listing, rows, limit, lambda row: moment_and_id(row[0].created_at, row[0].id)
    )
    land = await country(session)
    items = [await _line(session, land, row, code, language) for row, code in rows]
    return NoticePage(items=items, next_cursor=following)


async def unread(session: AsyncSession, sight: Sight) -> int:
    """How many notices nobody has read."""
    return int(await session.scalar(_mine(select(func.count(Notification.id)), sight, read=False)) or 0)


async def mark_read(session: AsyncSession, sight: Sight, notice_ids: Sequence[UUID], actor: str) -> int:
    """Somebody of the unit has read these; those that are none of theirs stay. Returns how many were new."""
    theirs = _mine(select(Notification.id), sight, read=False).where(Notification.id.in_(notice_ids))
    ids = list(await session.scalars(theirs))
    if ids:
        await session.execute(
            update(Notification)
            .where(Notification.id.in_(ids))
            .values(read_at=now())
            .execution_options(synchronize_session=False)
        )
        await audit.write(session, actor, "notices_read", "cartable", "notices", detail={"count": len(ids)})
    return len(ids)


def _mine(query: Any, sight: Sight, *, read: bool) -> Any:
    """Notices of one's units, of cases within sight alone (10-3)."""
    case = visible(select(Case.id).where(Case.id == Notification.case_id), sight)
    seen = or_(Notification.case_id.is_(None), case.correlate(Notification).exists())
    theirs = and_(
        Notification.audience == Audience.UNIT.value,
        Notification.unit_code.in_(sorted(sight.units)),
        Notification.template != IN_THE_LISTS,
        Notification.read_at.is_not(None) if read else Notification.read_at.is_(None),
    )
    joined = query.select_from(Notification).outerjoin(Case, Case.id == Notification.case_id)
    return joined.where(theirs, seen)


async def _line(
    session: AsyncSession, land: Country, row: Notification, code: str | None, language: str
) -> NoticeLine:
    """The notice as this centre words it now, in the language of who reads it."""
    unit = row.unit_code or ""
    facts = dict(row.facts)
    if facts.get("unit") == land.name(unit, row.language):
        facts["unit"] = land.name(unit, language)
    pattern = await own_wording(session, Audience.UNIT.value, row.template, language)
    written = write(pattern, spoken(facts, language, code))
    return NoticeLine(
        id=row.id,
        unit_code=unit,
        case_id=row.case_id,
        tracking_code=code,
        template=row.template,
        subject=written.subject,
        text=written.email,
        at=row.created_at,
        read_at=row.read_at,
    )
