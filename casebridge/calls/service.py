"""Reading calls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.calls.models import CallRow
from casebridge.calls.schemas import Call


async def list_calls(
    session: AsyncSession,
    *,
    intake_id: UUID | None = None,
    call_id: str | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Call]:
    """Calls, newest first; of one case or one Asterisk call."""
    query = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(limit)
    if intake_id:
        query = query.where(CallRow.intake_id == intake_id)
    if call_id:
        query = query.where(CallRow.call_id == call_id)
    if before:
        query = query.where(tuple_(CallRow.started_at, CallRow.id) < before)
    return [
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
