"""Adding to a case's history, in the transaction of what happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import HistoryLine
from line111.clock import now


async def add(session: AsyncSession, case_id: UUID, action: str, actor: str, **detail: Any) -> None:
    """Adds a line; `detail` holds words and ids, never what identifies a person."""
    await session.execute(
        insert(HistoryLine.__table__),  # type: ignore[arg-type]
        {"case_id": case_id, "at": now(), "action": action, "actor": actor[:128], "detail": detail},
    )
