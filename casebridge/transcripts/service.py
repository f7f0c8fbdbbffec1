"""Storing and reading transcripts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases import history
from casebridge.events import service as events
from casebridge.problems import Problem
from casebridge.recordings.service import get_recording
from casebridge.search.service import index_case
from casebridge.transcripts.models import TranscriptRow
from casebridge.transcripts.schemas import ModelName, NewTranscript, Segment, Transcript, TranscriptStatus
from line111.clock import now


async def put_transcript(session: AsyncSession, recording_id: UUID, new: NewTranscript, actor: str) -> None:
    """Replaces the transcript by what the worker knows now. Raises Problem `not_found`.

    Every state but `in_progress` is an end (for this model) and stands in the case's history.
    """
    recording = await get_recording(session, recording_id)
    row = await session.get(TranscriptRow, recording_id, with_for_update=True)
    if row is None:
        row = TranscriptRow(recording_id=recording_id, case_id=recording.case_id)
        session.add(row)
    before = row.status
    row.language = new.language.value
    row.model_name = new.model.name if new.model else None
    row.model_sha256 = new.model.sha256 if new.model else None
    row.status = new.status
    row.detail = new.detail
    row.segments = [segment.model_dump(mode="json") for segment in new.segments]
    row.text = new.text
    row.updated_at = now()
    await index_case(session, recording.case_id)
    if new.status != "in_progress" and new.status != before:
        await history.add(
            session, recording.case_id, "transcript", actor, status=new.status, recording_id=str(recording_id)
        )
    if new.status != "in_progress":
        told = {"status": new.status, "case_id": str(recording.case_id)}
        await audit.write(session, actor, "transcript_stored", "recording", recording_id, detail=told)
    await events.add(
        session,
        events.event(
            "transcript.updated", recording_id=recording_id, case_id=recording.case_id, status=new.status
        ),
    )


async def count_transcripts(session: AsyncSession, *statuses: TranscriptStatus) -> int:
    """How many transcripts are in one of these states."""
    query = select(func.count()).select_from(TranscriptRow).where(TranscriptRow.status.in_(statuses))
    return int(await session.scalar(query) or 0)


async def get_transcript(session: AsyncSession, recording_id: UUID) -> Transcript:
    """The transcript as far as it is known. Raises Problem `not_found`."""
    row = await session.get(TranscriptRow, recording_id)
    if row is None:
        raise Problem("not_found")
    model = None
    if row.model_name and row.model_sha256:
        model = ModelName(name=row.model_name, sha256=row.model_sha256)
    return Transcript(
        recording_id=row.recording_id,
        case_id=row.case_id,
        language=row.language,
        model=model,
        status=TranscriptStatus(row.status),
        detail=row.detail,
        segments=[Segment.model_validate(segment) for segment in row.segments],
        text=row.text,
        updated_at=row.updated_at,
    )
