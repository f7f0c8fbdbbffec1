"""Where the words of a case are written."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case
from casebridge.questions.models import QuestionRow
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow


async def texts_of(session: AsyncSession, case_id: UUID) -> list[str]:
    """What the applicant said or wrote, was answered, objected to, was asked and replied."""
    answers = await session.execute(
        select(AnswerRow.text, AnswerRow.objection_text)
        .where(AnswerRow.case_id == case_id)
        .order_by(AnswerRow.at, AnswerRow.id)
    )
    asked = await session.execute(
        select(QuestionRow.text, QuestionRow.reply_text)
        .where(QuestionRow.case_id == case_id)
        .order_by(QuestionRow.at, QuestionRow.id)
    )
    told = [text for row in (*answers, *asked) for text in row if text]
    return [*await said_in(session, case_id), *told]


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
