"""Reading calls."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.calls.models import CallRow
from casebridge.calls.schemas import Call, CallPage
from casebridge.paging import Cursors, moment_and_id


async def list_calls(
    session: AsyncSession,
    cursors: Cursors,
    *,
    intake_id: UUID | None = None,
    call_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> CallPage:
    """A page of calls, newest first; of one case or one Asterisk call.

    Raises Problem naming `cursor` where it is none of this list.
    """
    query = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(limit + 1)
    if intake_id:
        query = query.where(CallRow.intake_id == intake_id)
    if call_id:
        query = query.where(CallRow.call_id == call_id)
    place = cursors.read_moment("calls", cursor)
    if place:
        query = query.where(tuple_(CallRow.started_at, CallRow.id) < place)
    items = [
        Call(
            id=row.id,
            call_id=row.call_id,
            node=row.node,
            language=row.language,
            started_at=row.started_at,
            answered_at=row.answered_at,
            ended_at=row.ended_at,
            outcome=row.outcome,
            intake_id=row.intake_id,
            code_told=row.code_told,
            journal=row.journal,
        )
        for row in await session.scalars(query)
    ]
    items, following = cursors.cut(
        "calls", items, limit, lambda call: moment_and_id(call.started_at, call.id)
    )
    return CallPage(items=items, next_cursor=following)
