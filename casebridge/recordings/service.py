"""Recordings in the database: what is announced, what is held."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases import history
from casebridge.cases.listing import Narrow
from casebridge.cases.models import Case
from casebridge.events import service as events
from casebridge.paging import Cursors, moment_and_id
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.schemas import Recording, RecordingPage, RecordingState
from casebridge.transcripts.models import TranscriptRow
from casebridge.transcripts.schemas import TranscriptStatus
from line111.clock import now

OFFICIAL = "official"
"""Who speaks an answer; it is heard, and not written out."""
_PLAIN: dict[str, Any] = {"synchronize_session": False}
"""No row of these statements is held in the session."""


async def get_recording(session: AsyncSession, recording_id: UUID) -> RecordingRow:
    """A recording's row. Raises Problem `not_found`."""
    row = await session.get(RecordingRow, recording_id)
    if row is None:
        raise Problem("not_found")
    return row


async def describe(session: AsyncSession, recording_id: UUID) -> Recording:
    """A recording with the state of its transcript. Raises Problem `not_found`."""
    row = await get_recording(session, recording_id)
    transcript = await session.get(TranscriptRow, recording_id)
    return _describe(row, transcript.status if transcript else None)


async def list_recordings(
    session: AsyncSession,
    cursors: Cursors,
    *,
    transcript_status: str | None = None,
    case_id: UUID | None = None,
    narrow: Narrow | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> RecordingPage:
    """A page of recordings, oldest first. Raises Problem naming `cursor` where it is none of this list."""
    query = (
        select(RecordingRow, TranscriptRow.status)
        .outerjoin(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
        .order_by(RecordingRow.created_at, RecordingRow.id)
        .limit(limit + 1)
    )
    if transcript_status:
        query = query.where(TranscriptRow.status == transcript_status)
    if case_id:
        query = query.where(RecordingRow.case_id == case_id)
    if narrow is not None:
        query = narrow(query.join(Case, Case.id == RecordingRow.case_id))
    place = cursors.read_moment("recordings", cursor)
    if place:
        query = query.where(tuple_(RecordingRow.created_at, RecordingRow.id) > place)
    items = [_describe(row, status) for row, status in await session.execute(query)]
    items, following = cursors.cut(
        "recordings", items, limit, lambda row: moment_and_id(row.created_at, row.id)
    )
    return RecordingPage(items=items, next_cursor=following)


async def mark_held(session: AsyncSession, recording_id: UUID, key_number: int, actor: str) -> None:
    """The sound is whole and on disk: from now on it can be heard, and is to be transcribed."""
    this = update(RecordingRow).where(RecordingRow.id == recording_id)
    first = this.where(RecordingRow.state != RecordingState.HELD).values(
        key_number=key_number, state=RecordingState.HELD.value, stored_at=now()
    )
    returned = first.returning(
        RecordingRow.case_id, RecordingRow.language, RecordingRow.duration_ms, RecordingRow.speaker
    )
    row = (await session.execute(returned.execution_options(**_PLAIN))).one_or_none()
    if row is None:  # somebody else brought it at the same moment; the file is the later one's
        await session.execute(this.values(key_number=key_number).execution_options(**_PLAIN))
        return
    told = {"case_id": str(row.case_id), "duration_ms": row.duration_ms}
    await audit.write(session, actor, "recording_held", "recording", recording_id, detail=told)
    await history.add(
        session,
        row.case_id,
        "recording_held",
        actor,
        recording_id=str(recording_id),
        duration_ms=row.duration_ms,
    )
    held = events.event("recording.held", recording_id=recording_id, case_id=row.case_id)
    await events.add(session, held)
    if row.speaker != OFFICIAL:
        await _queue_transcript(session, recording_id, row.case_id, row.language)


async def _queue_transcript(session: AsyncSession, recording_id: UUID, case_id: UUID, language: str) -> None:
    known = select(TranscriptRow.recording_id).where(TranscriptRow.recording_id == recording_id)
    if await session.scalar(known) is None:
        await session.execute(
            insert(TranscriptRow.__table__),  # type: ignore[arg-type]
            {
                "recording_id": recording_id,
                "case_id": case_id,
                "language": language,
                "status": TranscriptStatus.QUEUED.value,
                "segments": [],
                "text": "",
                "updated_at": now(),
            },
        )
    await events.add(session, events.transcription_job(recording_id))


def _describe(row: RecordingRow, transcript_status: str | None) -> Recording:
    return Recording(
        id=row.id,
        case_id=row.case_id,
        state=RecordingState(row.state),
        speaker=row.speaker,
        encoding=row.encoding,
        rate=row.rate,
        channels=row.channels,
        bytes=row.bytes,
        duration_ms=row.duration_ms,
        sha256=row.sha256,
        language=row.language,
        created_at=row.created_at,
        stored_at=row.stored_at,
        transcript_status=transcript_status,
    )
