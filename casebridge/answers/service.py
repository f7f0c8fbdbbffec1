"""Answers: given by a unit, accepted or objected to by the applicant; services done for them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow, ServiceRecord
from casebridge.callbacks import evidence as callbacks
from casebridge.cases import history
from casebridge.cases.life import Action
from casebridge.cases.schemas import Kind, Status
from casebridge.cases.steps import locked, take_step
from casebridge.country.units import CENTRE
from casebridge.deadlines import service as deadlines
from casebridge.notifications.service import notify_unit
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.referrals import rules
from casebridge.referrals.competence import check_act, owned_by
from casebridge.referrals.rules import Decision
from casebridge.referrals.service import move_up, note_referral
from casebridge.search.service import index_case
from casebridge.tables import new_id
from line111.clock import now

APPLICANT = "applicant"
"""Who acts when an applicant decides; how they did stands beside."""
LAST_ROUND = 2


async def answer(
    session: AsyncSession,
    case_id: UUID,
    *,
    unit: str | None,
    actor: str,
    text: str,
    language: str,
    kind: str = "final",
    recording_id: UUID | None = None,
    seen: int | None = None,
) -> UUID:
    """Answers an applicant, at last (`final`) or for the time being (`interim`); returns the answer's id.

    Args:
        unit: in whose name; None: the line's own people for the Centre, which stands beside the answer.

    Raises Problem `not_found`, `case_moved_on`, `status_step`, `not_yours`, `unit_barred`,
    `not_competent`, `subject_needed`, or naming `recording_id`.
    """
    case = await locked(session, case_id, seen)
    await check_act(session, case, unit)
    name = unit or CENTRE
    if recording_id is not None:
        recording = await session.get(RecordingRow, recording_id)
        if recording is None or recording.case_id != case_id:
            raise Problem("invalid_request", errors=[("recording_id", "recording_unknown")])
    answer_id, moment = new_id(), now()
    session.add(
        AnswerRow(
            id=answer_id,
            case_id=case_id,
            unit_code=name,
            actor=actor[:128],
            kind=kind,
            text=text,
            language=language,
            recording_id=recording_id,
            at=moment,
        )
    )
    action = Action.ANSWERED if kind == "final" else Action.INTERIM_ANSWER
    case.reply_text, case.reply_language, case.replied_at = text, language, moment
    if kind == "final":
        case.answered_at = moment
    await take_step(session, case, action, actor, unit=name, text=text, detail={"answer_id": str(answer_id)})
    if case.kind == Kind.IDEA and kind == "final" and name != CENTRE:
        await notify_unit(session, CENTRE, "idea_result", {"text": text}, case_id=case_id)  # 4-21
    await index_case(session, case_id)
    return answer_id


async def decide(
    session: AsyncSession,
    case_id: UUID,
    *,
    accepted: bool,
    by: str,
    text: str | None = None,
    recording_id: UUID | None = None,
    actor: str = APPLICANT,
    call_id: str | None = None,
    seen: int | None = None,
) -> str:
    """The applicant accepts the answer or objects to it; returns `accepted`, `objected` or `not_open`.

    An objection goes one step up for a second review. One to the answer of the second review, or to one the
    Centre gave, above which nobody stands, goes to the Centre, which holds a problem-solving session (9-1)
    and closes the case. Where nothing is to be decided any more, the case's history says that somebody tried.

    Args:
        by: `phone`, `sms`, `agent` or `link`.
        text: The reason, written; `recording_id`: the reason, spoken.
        call_id: The call in which an agent was told.

    Raises Problem `own_answer` where an agent would decide about an answer of their own. The callback in
    which an agent was told stands in the history.
    """
    case = await locked(session, case_id, seen)
    given = await last_answer(session, case_id)
    if case.status != Status.ANSWERED or given is None:
        await history.add(session, case_id, "decision_too_late", actor, accepted=accepted, by=by)
        return "not_open"
    if by == "agent" and given.actor == actor[:128]:
        raise Problem("own_answer")
    given.decision = "accepted" if accepted else "objected"
    given.decided_at, given.decided_by = now(), by
    given.objection_text, given.objection_recording_id = text, recording_id
    detail: dict[str, object] = {"by": by, "answer_id": str(given.id)}
    if recording_id is not None:
        detail["recording_id"] = str(recording_id)
    if by == "agent" and (callback_id := await callbacks.talked_in(session, case_id, actor, given.at)):
        detail["callback_id"] = str(callback_id)
    if call_id is not None:
        detail["call_id"] = call_id
    if accepted:
        await take_step(session, case, Action.ACCEPTED, actor, detail=detail)
        return "accepted"
    end = rules.last_instance(case.complained_unit)
    last = case.round >= LAST_ROUND or case.owner_unit == end
    case.round = LAST_ROUND
    if last:
        note_referral(session, case, Decision(end, "9-1"), actor, reason="objected_again")
    to = end if last else None
    due = await deadlines.session_due(session) if last else None
    await take_step(session, case, Action.OBJECTED, actor, owner_unit=to, due_at=due, detail=detail)
    await index_case(session, case_id)
    if not last:
        await move_up(session, case, Action.SECOND_REVIEW, actor=actor, reason="objected")
    return "objected"


async def note_silence(session: AsyncSession, case_id: UUID) -> None:
    """The applicant has neither accepted nor objected for too long."""
    given = await last_answer(session, case_id)
    if given is not None and given.decision is None:
        given.decision, given.decided_at, given.decided_by = "accepted", now(), "silence"


async def close(
    session: AsyncSession,
    case_id: UUID,
    *,
    unit: str | None,
    actor: str,
    reason: str,
    note: str | None = None,
    held: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> None:
    """Ends a case: after a problem-solving session (9-1), or because nothing is left to do.

    Args:
        held: when a session was held and who took part (`held_on`, `participants`).

    Raises Problem `status_step`, `not_yours`, `case_moved_on`.
    """
    case = await locked(session, case_id, seen)
    owned_by(case, unit)
    if case.status == Status.ANSWERED:  # it is the applicant's turn, until they say something or are silent
        raise Problem("status_step", current=case.status, wanted=Status.CLOSED.value)
    detail = {"reason": reason} | ({"note": note} if note else {}) | dict(held or {})
    await take_step(session, case, Action.CLOSED, actor, unit=unit, detail=detail)


async def reopen(
    session: AsyncSession, case_id: UUID, *, actor: str, reason: str, seen: int | None = None
) -> None:
    """A closed or accepted case is worked on again; a repeat is not, but by taking its link away.

    Raises Problem `status_step`, `already_linked`, `case_moved_on`.
    """
    case = await locked(session, case_id, seen)
    if case.linked_to is not None:
        raise Problem("already_linked")
    case.closed_at = None
    due = await deadlines.answer_due(session, case)
    await take_step(session, case, Action.REOPENED, actor, due_at=due, detail={"reason": reason})


async def record_service(
    session: AsyncSession,
    case_id: UUID,
    *,
    unit: str | None,
    actor: str,
    what: str,
    subject: str | None = None,
) -> None:
    """Enters in SAMAD what was done for the applicant (4-4). Raises Problem as `check_act` does."""
    case = await locked(session, case_id)
    await check_act(session, case, unit)
    name = unit or CENTRE
    session.add(
        ServiceRecord(
            case_id=case_id, unit_code=name, actor=actor[:128], at=now(), subject=subject, what=what
        )
    )
    await take_step(session, case, Action.SERVICE, actor, unit=name, text=what)


async def answers_of(session: AsyncSession, case_id: UUID) -> list[AnswerRow]:
    """A case's answers, oldest first."""
    query = select(AnswerRow).where(AnswerRow.case_id == case_id).order_by(AnswerRow.at, AnswerRow.id)
    return list(await session.scalars(query))


async def last_answer(session: AsyncSession, case_id: UUID) -> AnswerRow | None:
    """The last final answer to a case."""
    found: AnswerRow | None = await session.scalar(
        select(AnswerRow)
        .where(AnswerRow.case_id == case_id, AnswerRow.kind == "final")
        .order_by(AnswerRow.at.desc(), AnswerRow.id.desc())
        .limit(1)
    )
    return found


async def services_of(session: AsyncSession, case_id: UUID) -> list[ServiceRecord]:
    """What was done for the applicant, oldest first."""
    query = select(ServiceRecord).where(ServiceRecord.case_id == case_id).order_by(ServiceRecord.id)
    return list(await session.scalars(query))
