"""In which callback an agent heard what they write down."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.callbacks.models import CallbackRow

_PERSON: Final = "person:"


async def talked_in(session: AsyncSession, case_id: UUID, actor: str, since: datetime) -> UUID | None:
    """The latest callback of a case that this person has, or has made since a moment."""
    found: UUID | None = await session.scalar(
        select(CallbackRow.id)
        .where(
            CallbackRow.case_id == case_id,
            CallbackRow.claimed_by == actor.removeprefix(_PERSON),
            or_(CallbackRow.finished_at.is_(None), CallbackRow.finished_at >= since),
        )
        .order_by(CallbackRow.claimed_at.desc())
        .limit(1)
    )
    return found
