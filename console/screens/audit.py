"""The audit trail, for those who watch over it (promise 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit.models import AuditLine
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case
from casebridge.recordings.models import RecordingRow
from console.pages import render
from console.visitor import Auditor, BridgeParts
from persian.digits import only_digits

router = APIRouter()
PAGE: Final = 50
LISTING: Final = "audit"


@dataclass(frozen=True)
class Line:
    """A line of the trail as the page shows it; `case_id` where it tells of a case."""

    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    address: str | None
    case_id: UUID | None
    tracking_code: str | None


@router.get("/audit")
async def audit_page(
    request: Request,
    bridge: BridgeParts,
    _: Auditor,
    person: Annotated[str, Query(max_length=128)] = "",
    case: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> Response:
    """Lines, the newest first, of everybody or one person, on everything or one case."""
    before = bridge.cursors.read(LISTING, cursor)[0] if cursor else None
    async with bridge.database.reading() as session:
        subjects = await _subjects(session, case)
        rows = await _lines(session, _plain(person), subjects, before)
        lines = await _shown(session, rows[:PAGE])
    more = bridge.cursors.make(LISTING, [rows[PAGE - 1].id]) if len(rows) > PAGE else None
    asked = {"person": person, "case": case}
    return render(request, "audit.html", lines=lines, next_cursor=more, asked=asked)


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()


async def _subjects(session: AsyncSession, code: str) -> list[str] | None:
    """Ids of a case, its recordings and callbacks; None: no case is asked for, []: the code is unknown."""
    if not code.strip():
        return None
    digits = only_digits(code)
    case_id = await session.scalar(
        select(Case.id).where(or_(Case.tracking_code == digits, Case.told_code == digits))
    )
    if case_id is None:
        return []
    recordings = await session.scalars(select(RecordingRow.id).where(RecordingRow.case_id == case_id))
    calls = await session.scalars(select(CallbackRow.id).where(CallbackRow.case_id == case_id))
    return [str(subject) for subject in (case_id, *recordings, *calls)]


async def _lines(
    session: AsyncSession, person: str, subjects: list[str] | None, before: int | None
) -> list[AuditLine]:
    query = select(AuditLine).order_by(AuditLine.id.desc()).limit(PAGE + 1)
    if person:
        names = [person] if ":" in person else [f"person:{person.lower()}", f"service:{person.lower()}"]
        query = query.where(AuditLine.actor.in_(names))
    if subjects is not None:
        query = query.where(AuditLine.subject_id.in_(subjects))
    if before is not None:
        query = query.where(AuditLine.id < before)
    return list(await session.scalars(query))


async def _shown(session: AsyncSession, rows: list[AuditLine]) -> list[Line]:
    cases = {row.id: _case_of(row) for row in rows}
    wanted = {case_id for case_id in cases.values() if case_id}
    codes: dict[UUID, str | None] = {}
    if wanted:
        found = await session.execute(select(Case.id, Case.tracking_code).where(Case.id.in_(wanted)))
        codes = {row.id: row.tracking_code for row in found}
    return [_line(row, cases[row.id], codes) for row in rows]


def _line(row: AuditLine, case_id: UUID | None, codes: dict[UUID, str | None]) -> Line:
    known = case_id if case_id in codes else None
    return Line(
        row.at,
        row.actor,
        row.action,
        row.subject_kind,
        row.subject_id,
        row.address,
        known,
        codes[known] if known else None,
    )


def _case_of(row: AuditLine) -> UUID | None:
    text = row.subject_id if row.subject_kind == "case" else str(row.detail.get("case_id", ""))
    try:
        return UUID(text)
    except ValueError:
        return None
