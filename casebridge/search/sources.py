"""Where the words of a case are written."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow


async def texts_of(session: AsyncSession, case_id: UUID) -> list[str]:
    """What the applicant said or wrote, what was answered, and what they objected to."""
    answers = await session.execute(
        select(AnswerRow.text, AnswerRow.objection_text)
        .where(AnswerRow.case_id == case_id)
        .order_by(AnswerRow.at, AnswerRow.id)
    )
    return [*await said_in(session, case_id), *(text for row in answers for text in row if text)]


async def said_in(session: AsyncSession, case_id: UUID) -> list[str]:
    """The case's text, then the transcripts of its recordings in their order."""
    written = await session.scalar(select(Case.text).where(Case.id == case_id))
    spoken = await session.scalars(
        select(TranscriptRow.text)
        .join(RecordingRow, RecordingRow.id == TranscriptRow.recording_id)
        .where(TranscriptRow.case_id == case_id)
        .order_by(RecordingRow.created_at, RecordingRow.id)
    )
    return [text for text in (written, *spoken) if text]
