"""Cases: lists, a case with all that belongs to it, changes, what a caller hears at follow-up.

Every function is one step in the session it is given; what writes wants `Database.writing()`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.audit import service as audit
from casebridge.callbacks.models import CallbackRow
from casebridge.cases import history
from casebridge.cases.models import Case, HistoryLine
from casebridge.cases.rules import excerpt, like_pattern, mask_number, may_become
from casebridge.cases.schemas import (
    CallbackState,
    CaseCallback,
    CaseChange,
    CaseDetail,
    CasePage,
    CaseRecording,
    CaseRow,
    FollowUp,
    HistoryEntry,
    Reply,
    Revealed,
    Status,
)
from casebridge.crypto import KeyRing
from casebridge.events import service as events
from casebridge.paging import Cursors
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow
from persian.digits import to_latin
from persian.identifiers import mask_identifier
from persian.letters import search_form

Parts = tuple[Sequence[RecordingRow], dict[UUID, TranscriptRow], Sequence[CallbackRow]]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list shows; None: everything."""

    kind: str | None = None
    status: str | None = None
    province: str | None = None
    channel: str | None = None
    q: str | None = None
    """A tracking code, or words of the message."""
    tracking_code: str | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    quarantined: bool | None = None


async def list_cases(
    session: AsyncSession,
    keys: KeyRing,
    cursors: Cursors,
    wanted: CaseFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> CasePage:
    """A page of cases, newest first. A page goes on where the last ended, whatever came in between.

    Raises Problem naming `cursor` where it is not one of this list.
    """
    query = (
        _filtered(_with_applicant(), wanted).order_by(Case.opened_at.desc(), Case.id.desc()).limit(limit + 1)
    )
    if cursor:
        at, case_id = cursors.read("cases", cursor)
        query = query.where(tuple_(Case.opened_at, Case.id) < (datetime.fromisoformat(at), UUID(case_id)))
    rows = list(await session.execute(query))
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        last: Case = rows[-1][0]
        following = cursors.make("cases", [last.opened_at.isoformat(), str(last.id)])
    recordings, transcripts, callbacks = await _parts(session, [case.id for case, _ in rows])
    items = [
        CaseRow(
            **_row(
                keys,
                case,
                applicant,
                (
                    [r for r in recordings if r.case_id == case.id],
                    transcripts,
                    [c for c in callbacks if c.case_id == case.id],
                ),
            )
        )
        for case, applicant in rows
    ]
    return CasePage(items=items, next_cursor=following)


async def get_case(session: AsyncSession, keys: KeyRing, case_id: UUID) -> CaseDetail:
    """A case with recordings, callbacks and history. Raises Problem `not_found`."""
    case, applicant = await _case_and_applicant(session, case_id)
    parts = recordings, transcripts, callbacks = await _parts(session, [case.id])
    lines = await session.scalars(
        select(HistoryLine).where(HistoryLine.case_id == case_id).order_by(HistoryLine.id)
    )
    contact = _numbers(keys, case).get("contact_number") or _numbers(keys, case).get("caller_number")
    return CaseDetail(
        **_row(keys, case, applicant, parts),
        county=case.county,
        agency=case.agency,
        text=case.text,
        node=case.node,
        call_id=case.call_id,
        origin=case.origin,
        contact_masked=mask_number(contact),
        version=case.version,
        recordings=[_recording(row, transcripts.get(row.id)) for row in recordings],
        callbacks=[_callback(row) for row in callbacks],
        history=[
            HistoryEntry(at=line.at, action=line.action, actor=line.actor, detail=line.detail)
            for line in lines
        ],
    )


async def reveal(
    session: AsyncSession, keys: KeyRing, case_id: UUID, actor: str, *, address: str | None = None
) -> Revealed:
    """Who the applicant is, in clear; the look is written down with the same commit (promise 5).

    Raises Problem `not_found`.
    """
    case, applicant = await _case_and_applicant(session, case_id)
    await audit.write(session, actor, "identifier_revealed", "case", case_id, address=address)
    await history.add(session, case_id, "identifier_revealed", actor)
    numbers = _numbers(keys, case)
    return Revealed(
        identifier_kind=applicant.identifier_kind,
        identifier=open_identifier(keys, applicant.id, applicant.identifier),
        contact_number=numbers.get("contact_number"),
        caller_number=numbers.get("caller_number"),
    )


async def change_case(
    session: AsyncSession, case_id: UUID, change: CaseChange, actor: str, *, address: str | None = None
) -> None:
    """Changes what the change names, with history, audit and event.

    Raises Problem `not_found`, `case_moved_on` (seen version is old), `status_step`.
    """
    case = await session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise Problem("not_found")
    if change.version is not None and change.version != case.version:
        raise Problem("case_moved_on")
    if change.status and not may_become(Status(case.status), change.status):
        raise Problem("status_step", current=case.status, wanted=change.status.value)
    changed = {}
    for name, value in change.model_dump(mode="json", exclude_unset=True, exclude={"version"}).items():
        if value is not None and getattr(case, name) != value:
            changed[name] = {"from": getattr(case, name), "to": value}
            setattr(case, name, value)
    if not changed:
        return
    case.version += 1
    detail = {name: value for name, value in changed.items() if name != "text"} | (
        {"text": True} if "text" in changed else {}
    )
    await history.add(session, case_id, "changed", actor, **detail)
    await audit.write(session, actor, "case_changed", "case", case_id, address=address, detail=detail)
    await events.add(session, events.event("case.changed", case_id=case_id, fields=sorted(changed)))


async def follow_up(session: AsyncSession, tracking_code: str, lookup: bytes) -> FollowUp:
    """What became of the case with this code, if it is this applicant's.

    A wrong code and a wrong identifier can't be told apart: both raise Problem `no_such_pair` after
    the same query.
    """
    case = await session.scalar(
        select(Case)
        .join(Applicant, Applicant.id == Case.applicant_id)
        .where(
            or_(Case.tracking_code == tracking_code, Case.told_code == tracking_code),
            Applicant.lookup == lookup,
        )
        .order_by(Case.opened_at.desc())
        .limit(1)
    )
    if case is None:
        raise Problem("no_such_pair")
    state = await session.scalar(
        select(CallbackRow.state)
        .where(CallbackRow.case_id == case.id)
        .order_by(CallbackRow.arrived_at.desc(), CallbackRow.id.desc())
        .limit(1)
    )
    reply = None
    if case.reply_text and case.reply_language and case.replied_at:
        reply = Reply(text=case.reply_text, language=case.reply_language, at=case.replied_at)
    return FollowUp(
        kind=case.kind,
        opened_at=case.opened_at,
        status=Status(case.status),
        last_reply=reply,
        callback=CallbackState(state=state) if state else None,
    )


def _with_applicant() -> Select[Any]:
    query: Any = select(Case, Applicant).join(Applicant, Applicant.id == Case.applicant_id)
    return cast("Select[Any]", query)


def _filtered(query: Select[Any], wanted: CaseFilter) -> Select[Any]:
    equal = {
        Case.kind: wanted.kind,
        Case.status: wanted.status,
        Case.province: wanted.province,
        Case.channel: wanted.channel,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.tracking_code:
        query = query.where(_has_code(wanted.tracking_code))
    if wanted.opened_from:
        query = query.where(Case.opened_at >= wanted.opened_from)
    if wanted.opened_until:
        query = query.where(Case.opened_at < wanted.opened_until)
    if wanted.quarantined is not None:
        query = query.where(Case.quarantine.is_not(None) if wanted.quarantined else Case.quarantine.is_(None))
    if wanted.q and wanted.q.strip():
        query = query.where(_mentions(wanted.q.strip()))
    return query


def _mentions(words: str) -> Any:
    """A tracking code as people write it, or words of the message."""
    digits = to_latin(words).replace(" ", "").replace("-", "")
    if len(digits) == 10 and digits.isascii() and digits.isdigit():
        return _has_code(digits)
    written = Case.text.ilike(like_pattern(words), escape="\\")
    spoken = search_form(words)
    if not spoken:
        return written
    heard = select(TranscriptRow.case_id).where(
        TranscriptRow.search_text.like(like_pattern(spoken), escape="\\")
    )
    return or_(written, Case.id.in_(heard))


def _has_code(code: str) -> Any:
    return or_(Case.tracking_code == code, Case.told_code == code)


async def _case_and_applicant(session: AsyncSession, case_id: UUID) -> tuple[Case, Applicant]:
    found = (
        await session.execute(
            select(Case, Applicant)
            .join(Applicant, Applicant.id == Case.applicant_id)
            .where(Case.id == case_id)
        )
    ).first()
    if found is None:
        raise Problem("not_found")
    return found[0], found[1]


async def _parts(session: AsyncSession, case_ids: list[UUID]) -> Parts:
    """Recordings, transcripts (by recording) and callbacks of these cases, in three queries."""
    if not case_ids:
        return [], {}, []
    recordings = await session.scalars(
        select(RecordingRow)
        .where(RecordingRow.case_id.in_(case_ids))
        .order_by(RecordingRow.created_at, RecordingRow.id)
    )
    transcripts = await session.scalars(select(TranscriptRow).where(TranscriptRow.case_id.in_(case_ids)))
    callbacks = await session.scalars(
        select(CallbackRow)
        .where(CallbackRow.case_id.in_(case_ids))
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
    )
    return recordings.all(), {row.recording_id: row for row in transcripts}, callbacks.all()


def _row(keys: KeyRing, case: Case, applicant: Applicant, parts: Parts) -> dict[str, Any]:
    recordings, transcripts, callbacks = parts
    first = transcripts.get(recordings[0].id) if recordings else None
    return {
        "id": case.id,
        "tracking_code": case.tracking_code or case.told_code,
        "kind": case.kind,
        "status": case.status,
        "channel": case.channel,
        "level": case.level,
        "province": case.province,
        "language": case.language,
        "opened_at": case.opened_at,
        "ended_by": case.ended_by,
        "identifier_kind": applicant.identifier_kind,
        "identifier_masked": mask_identifier(open_identifier(keys, applicant.id, applicant.identifier)),
        "recording_seconds": sum(r.duration_ms for r in recordings) / 1000 if recordings else None,
        "transcript_status": first.status if first else None,
        "excerpt": excerpt(case.text) or excerpt(first.text if first else None),
        "callback_state": callbacks[-1].state if callbacks else None,
        "quarantine": case.quarantine,
    }


def _recording(row: RecordingRow, transcript: TranscriptRow | None) -> CaseRecording:
    return CaseRecording(
        id=row.id,
        state=row.state,
        speaker=row.speaker,
        channels=row.channels,
        duration_ms=row.duration_ms,
        bytes=row.bytes,
        sha256=row.sha256,
        transcript_status=transcript.status if transcript else None,
        transcript_text=transcript.text if transcript else None,
    )


def _callback(row: CallbackRow) -> CaseCallback:
    return CaseCallback(
        id=row.id,
        state=row.state,
        wished=row.wished,
        due_at=row.due_at,
        arrived_at=row.arrived_at,
        claimed_by=row.claimed_by,
        attempts=row.attempts,
        outcome=row.outcome,
    )


def _numbers(keys: KeyRing, case: Case) -> dict[str, str | None]:
    if case.numbers is None:
        return {}
    numbers: dict[str, str | None] = json.loads(keys.decrypt(case.numbers, f"case:{case.id}"))
    return numbers
