"""What applicants reply to a question, by telephone or text message: the case goes back to its unit."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.service import APPLICANT
from casebridge.cases import history
from casebridge.cases.schemas import Status
from casebridge.cases.steps import locked
from casebridge.notifications.service import notify_unit
from casebridge.questions.rows import note_reply, open_question
from casebridge.questions.schemas import RepliedBy
from casebridge.referrals import service as referrals
from line111.clock import to_text


async def reply(
    session: AsyncSession,
    case_id: UUID,
    *,
    by: RepliedBy,
    text: str | None = None,
    recording_id: UUID | None = None,
    question_id: UUID | None = None,
) -> str:
    """The applicant replies; returns `supplied`, or `too_late` where the case no longer waits for it.

    What comes too late is kept all the same, beside the question where nothing was replied to it yet, and
    the case's history says so: the unit may still need it.

    Args:
        question_id: the question they heard; None: the one that is open.
    """
    case = await locked(session, case_id)
    question = await open_question(session, case_id)
    fits = question is not None and question_id in (None, question.id)
    detail = {"by": by} | ({"recording_id": str(recording_id)} if recording_id else {})
    if question is not None and fits:
        await note_reply(session, question, by=by, text=text, recording_id=recording_id)
        detail["question_id"] = str(question.id)
    if not fits or case.status != Status.WAITING_APPLICANT:
        await history.add(session, case_id, "supplied_late", APPLICANT, **detail)
        return "too_late"
    await referrals.supplied(session, case_id, unit=None, actor=APPLICANT, detail=detail)
    values: dict[str, object] = {"unit": case.owner_unit}
    if case.due_at:
        values["due_at"] = to_text(case.due_at)
    await notify_unit(session, case.owner_unit, "supplied", values, case_id=case_id)
    return "supplied"
