"""Questions and replies, written in the transaction of the step they belong to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.notifications.incoming.meaning import language_of
from casebridge.questions.models import QuestionRow
from casebridge.questions.schemas import RepliedBy
from casebridge.search.service import index_case
from casebridge.tables import new_id
from line111.clock import now


async def ask(session: AsyncSession, case_id: UUID, *, unit: str, actor: str, text: str) -> UUID:
    """Keeps what the applicant is asked; returns the question's id."""
    question = QuestionRow(
        id=new_id(),
        case_id=case_id,
        unit_code=unit,
        actor=actor[:128],
        text=text,
        language=language_of(text),
        at=now(),
    )
    session.add(question)
    await index_case(session, case_id)
    return question.id


async def note_reply(
    session: AsyncSession,
    question: QuestionRow,
    *,
    by: RepliedBy,
    text: str | None = None,
    recording_id: UUID | None = None,
) -> None:
    """Keeps what the applicant has replied."""
    question.replied_at, question.replied_by = now(), by
    question.reply_text, question.reply_recording_id = text, recording_id
    await index_case(session, question.case_id)


async def open_question(session: AsyncSession, case_id: UUID) -> QuestionRow | None:
    """The question asked last, where nothing was replied to it."""
    asked = select(QuestionRow).where(QuestionRow.case_id == case_id)
    last = await session.scalar(asked.order_by(QuestionRow.at.desc(), QuestionRow.id.desc()).limit(1))
    return last if last is not None and last.replied_at is None else None


async def questions_of(session: AsyncSession, case_id: UUID) -> list[QuestionRow]:
    """A case's questions, oldest first."""
    query = select(QuestionRow).where(QuestionRow.case_id == case_id).order_by(QuestionRow.at, QuestionRow.id)
    return list(await session.scalars(query))
