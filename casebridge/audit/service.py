"""Writing and reading the audit trail."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit.models import AuditLine
from line111.clock import now


async def write(
    session: AsyncSession,
    actor: str,
    action: str,
    subject_kind: str,
    subject_id: object,
    *,
    address: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Adds a line in the same transaction as what it tells of: neither is kept without the other."""
    await session.execute(
        insert(AuditLine.__table__),  # type: ignore[arg-type]
        {
            "at": now(),
            "actor": actor[:128],
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id)[:128],
            "address": address,
            "detail": detail or {},
        },
    )


async def read(
    session: AsyncSession,
    *,
    subject_kind: str | None = None,
    subject_id: str | None = None,
    actor: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditLine]:
    """Lines of the trail, newest first."""
    query = select(AuditLine).order_by(AuditLine.id.desc()).limit(limit)
    if subject_kind:
        query = query.where(AuditLine.subject_kind == subject_kind)
    if subject_id:
        query = query.where(AuditLine.subject_id == subject_id)
    if actor:
        query = query.where(AuditLine.actor == actor)
    if before is not None:
        query = query.where(AuditLine.id < before)
    return list(await session.scalars(query))
