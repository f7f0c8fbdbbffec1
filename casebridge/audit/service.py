"""Writing and reading the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit.models import AuditLine
from casebridge.audit.schemas import AuditEntry, AuditPage
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.listing import has_code
from casebridge.cases.models import Case
from casebridge.paging import Cursors
from casebridge.recordings.models import RecordingRow
from line111.clock import now


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which lines are wanted; None: all."""

    actor: str | None = None
    """`person:agent1`, `service:ivr`, or a bare name, which means both."""
    subject_kind: str | None = None
    subject_id: str | None = None
    tracking_code: str | None = None
    """Lines about the case with this code, its recordings and its callbacks."""


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
    cursors: Cursors,
    wanted: TrailFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> AuditPage:
    """A page of the trail, newest first. Raises Problem naming `cursor` where it is none of this list."""
    query = _filtered(select(AuditLine), wanted).order_by(AuditLine.id.desc()).limit(limit + 1)
    if cursor:
        query = query.where(AuditLine.id < int(cursors.read("audit", cursor)[0]))
    if wanted.tracking_code is not None:
        query = query.where(AuditLine.subject_id.in_(await _subjects(session, wanted.tracking_code)))
    lines: list[AuditLine] = list(await session.scalars(query))
    lines, following = cursors.cut("audit", lines, limit, lambda line: [line.id])
    return AuditPage(items=await _entries(session, lines), next_cursor=following)


def _filtered(query: Select[Any], wanted: TrailFilter) -> Select[Any]:
    if wanted.subject_kind:
        query = query.where(AuditLine.subject_kind == wanted.subject_kind)
    if wanted.subject_id:
        query = query.where(AuditLine.subject_id == wanted.subject_id)
    if wanted.actor:
        name = wanted.actor.lower()
        names = [wanted.actor] if ":" in name else [f"person:{name}", f"service:{name}"]
        query = query.where(AuditLine.actor.in_(names))
    return query


async def _subjects(session: AsyncSession, tracking_code: str) -> list[str]:
    """Ids of a case, its recordings and callbacks; empty where no case has the code."""
    case_id = await session.scalar(select(Case.id).where(has_code(tracking_code)))
    if case_id is None:
        return []
    recordings = await session.scalars(select(RecordingRow.id).where(RecordingRow.case_id == case_id))
    callbacks = await session.scalars(select(CallbackRow.id).where(CallbackRow.case_id == case_id))
    return [str(subject) for subject in (case_id, *recordings, *callbacks)]


async def _entries(session: AsyncSession, lines: Sequence[AuditLine]) -> list[AuditEntry]:
    """The lines, with the case each tells of where there is one."""
    told = {line.id: case_id for line in lines if (case_id := _case_of(line))}
    codes: dict[UUID, str | None] = {}
    if told:
        found = await session.execute(
            select(Case.id, Case.tracking_code, Case.told_code).where(Case.id.in_(set(told.values())))
        )
        codes = {row.id: row.tracking_code or row.told_code for row in found}
    return [_entry(line, told.get(line.id), codes) for line in lines]


def _entry(line: AuditLine, told: UUID | None, codes: dict[UUID, str | None]) -> AuditEntry:
    case_id = told if told in codes else None
    return AuditEntry(
        at=line.at,
        actor=line.actor,
        action=line.action,
        subject_kind=line.subject_kind,
        subject_id=line.subject_id,
        address=line.address,
        detail=line.detail,
        case_id=case_id,
        tracking_code=codes[case_id] if case_id else None,
    )


def _case_of(line: AuditLine) -> UUID | None:
    text = line.subject_id if line.subject_kind == "case" else str(line.detail.get("case_id", ""))
    try:
        return UUID(text)
    except ValueError:
        return None
