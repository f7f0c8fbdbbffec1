"""An applicant's word on an answer, or to a question, by telephone: done in its record's transaction."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cases import history
from casebridge.cases.service import case_of_pair
from casebridge.cases.steps import locked
from casebridge.intakes.known import Known
from casebridge.intakes.models import AcceptedRecord
from casebridge.intakes.reading import Prepared
from casebridge.intakes.rows import Rows, recording_row
from casebridge.intakes.schemas import ApplicantReply, ApplicantWord
from casebridge.problems import Problem
from casebridge.questions.service import reply
from casebridge.recordings.models import RecordingRow

_BY: Final = "phone"


async def hear(
    session: AsyncSession,
    record: ApplicantWord,
    prepared: Prepared,
    known: Known,
    rows: Rows,
    entry: AcceptedRecord,
) -> None:
    """Decides or replies, and keeps what was spoken as a recording of the case.

    What no longer fits (decided by now, or meant for an answer or question that another has followed) is
    accepted all the same: it can't be taken back from the caller, and the case's history says that it came
    too late.

    Raises Problem `no_such_pair`, `other_content`. Then nothing of it is written.
    """
    identity = prepared.identity
    if identity is None:
        raise AssertionError("what an applicant says is prepared with their identity")
    spoken = record.recording.recording_id if record.recording else None
    if spoken in known.recordings:
        raise Problem("other_content", errors=[("recording.recording_id", "duplicate")])
    found = await case_of_pair(session, record.tracking_code, identity.applicant.lookup)
    async with session.begin_nested():
        await _say(session, found.id, record)
    entry.case_id, entry.tracking_code, entry.recording_id = found.id, found.tracking_code, spoken
    if spoken is not None:
        known.recordings.add(spoken)
        rows[RecordingRow.__table__].append(recording_row(record, prepared, found.id))


async def _say(session: AsyncSession, case_id: UUID, record: ApplicantWord) -> None:
    await locked(session, case_id)
    spoken = record.recording.recording_id if record.recording else None
    if isinstance(record, ApplicantReply):
        await reply(session, case_id, by=_BY, recording_id=spoken, question_id=record.question_id)
        return
    given = await answers.last_answer(session, case_id)
    if given is None or given.id != record.answer_id:
        await history.add(
            session, case_id, "decision_too_late", answers.APPLICANT, accepted=record.accepted, by=_BY
        )
        return
    await answers.decide(session, case_id, accepted=record.accepted, by=_BY, recording_id=spoken)
