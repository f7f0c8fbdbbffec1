"""One case: reading it, revealing its applicant, what a caller hears at follow-up.

Every function is one step in the session it is given; what writes wants `Database.writing()`.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.audit import service as audit
from casebridge.callbacks.models import CallbackRow
from casebridge.cases import history
from casebridge.cases.describe import describe_case
from casebridge.cases.listing import has_code
from casebridge.cases.models import Case
from casebridge.cases.numbers import open_numbers
from casebridge.cases.originals import Narrow, nothing
from casebridge.cases.schemas import (
    Asked,
    CallbackState,
    CaseDetail,
    FollowUp,
    Reply,
    Revealed,
    Status,
)
from casebridge.crypto import KeyRing
from casebridge.intakes.models import AcceptedRecord
from casebridge.problems import Problem
from casebridge.questions.rows import open_question


async def get_case(
    session: AsyncSession, keys: KeyRing, case_id: UUID, narrow: Narrow = nothing
) -> CaseDetail:
    """A case with recordings, callbacks and history.

    Args:
        narrow: leaves those cases that the one who asks may see: of a repeat's original nobody else is told.

    Raises Problem `not_found`.
    """
    case, applicant = await _case_and_applicant(session, case_id)
    return await describe_case(session, keys, case, applicant, narrow)


async def reveal(
    session: AsyncSession, keys: KeyRing, case_id: UUID, actor: str, *, address: str | None = None
) -> Revealed:
    """Who the applicant is, in clear; the look is written down with the same commit (promise 5).

    Raises Problem `not_found`.
    """
    case, applicant = await _case_and_applicant(session, case_id)
    await audit.write(session, actor, "identifier_revealed", "case", case_id, address=address)
    await history.add(session, case_id, "identifier_revealed", actor)
    numbers = open_numbers(keys, case)
    return Revealed(
        identifier_kind=applicant.identifier_kind,
        identifier=open_identifier(keys, applicant.id, applicant.identifier),
        contact_number=numbers.get("contact_number"),
        caller_number=numbers.get("caller_number"),
        email=numbers.get("email"),
    )


async def follow_up(session: AsyncSession, tracking_code: str, lookup: bytes) -> FollowUp:
    """What became of the case with this code, if it is this applicant's; of a repeat, of its original.

    A wrong code and a wrong identifier can't be told apart: both raise Problem `no_such_pair` after
    the same query.
    """
    case = await case_of_pair(session, tracking_code, lookup)
    wished = select(AcceptedRecord.callback_id).where(AcceptedRecord.record_id == case.id)
    state = await session.scalar(
        select(CallbackRow.state)  # its own, or the one that what it wished has joined
        .where(or_(CallbackRow.case_id == case.id, CallbackRow.id == wished.scalar_subquery()))
        .order_by(CallbackRow.arrived_at.desc(), CallbackRow.id.desc())
        .limit(1)
    )
    reply = None
    if case.reply_text and case.reply_language and case.replied_at:
        given = await _latest_answer(session, case.id)
        reply = Reply(
            text=case.reply_text,
            language=case.reply_language,
            at=case.replied_at,
            answer_id=given.id if given else None,
            recording_id=given.recording_id if given else None,
        )
    asked = await open_question(session, case.id) if case.status == Status.WAITING_APPLICANT else None
    return FollowUp(
        case_id=case.id,
        kind=case.kind,
        opened_at=case.opened_at,
        status=Status(case.status),
        last_reply=reply,
        question=Asked(id=asked.id, text=asked.text, language=asked.language, at=asked.at) if asked else None,
        callback=CallbackState(state=state) if state else None,
    )


async def case_of_pair(session: AsyncSession, tracking_code: str, lookup: bytes) -> Case:
    """The case a code and an applicant belong to; of a repeat its original. Raises `no_such_pair`."""
    case: Case | None = await session.scalar(
        select(Case)
        .join(Applicant, Applicant.id == Case.applicant_id)
        .where(has_code(tracking_code), Applicant.lookup == lookup)
        .order_by(Case.opened_at.desc())
        .limit(1)
    )
    if case is None:
        raise Problem("no_such_pair")
    return await original_of(session, case)


async def original_of(session: AsyncSession, case: Case) -> Case:
    """The case that is worked on: for a repeat the one it was linked to, for all others themselves.

    Whoever asks with a repeat's code hears the original's status and answer, and decides about that: what
    was linked is of one applicant, and a link always leads to the first of them.
    """
    if case.linked_to is None:
        return case
    original: Case = await session.get_one(Case, case.linked_to)
    return original


async def voice_of_answer(session: AsyncSession, tracking_code: str, lookup: bytes) -> UUID:
    """The recording in which an official spoke the latest answer. Raises `no_such_pair`, `no_sound_yet`."""
    case = await case_of_pair(session, tracking_code, lookup)
    given = await _latest_answer(session, case.id)
    if given is None or given.recording_id is None:
        raise Problem("no_sound_yet")
    return given.recording_id


async def _latest_answer(session: AsyncSession, case_id: UUID) -> AnswerRow | None:
    """The answer that was given last, interim or final."""
    found: AnswerRow | None = await session.scalar(
        select(AnswerRow)
        .where(AnswerRow.case_id == case_id)
        .order_by(AnswerRow.at.desc(), AnswerRow.id.desc())
        .limit(1)
    )
    return found


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
