"""Where the words of a case are written."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow


async def texts_of(session: AsyncSession, case_id: UUID) -> list[str]:
    """The case's text, what was answered, and the transcripts of its recordings in their order."""
    own = (await session.execute(select(Case.text, Case.reply_text).where(Case.id == case_id))).one()
    spoken = await session.scalars(
        select(TranscriptRow.text)
        .join(RecordingRow, RecordingRow.id == TranscriptRow.recording_id)
        .where(TranscriptRow.case_id == case_id)
        .order_by(RecordingRow.created_at, RecordingRow.id)
    )
    return [text for text in (*own, *spoken) if text]
