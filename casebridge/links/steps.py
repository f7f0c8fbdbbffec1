"""What neighbours do to cases here, by the same services as everybody else's steps."""

from __future__ import annotations

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cases.models import Case
from casebridge.cases.schemas import Language, Status
from casebridge.links.recordings import service as recordings
from casebridge.links.schemas import RecordingCopy
from casebridge.problems import Problem
from casebridge.referrals import service as referrals

log = structlog.get_logger("casebridge.links")


async def apply_answer(
    session: AsyncSession,
    case: Case,
    *,
    text: str,
    language: Language,
    kind: str,
    actor: str,
    voice: RecordingCopy | None = None,
    source: str = "",
) -> str:
    """Answers a case as the neighbour did: `applied`, or `refused` where its life here forbids it.

    Args:
        voice: The answer spoken, to be fetched from the centre `source`.
    """
    try:
        async with session.begin_nested():
            if voice is not None:
                await recordings.await_recordings(session, case, source, [voice])
            await answers.answer(
                session,
                case.id,
                unit=None,
                actor=actor,
                text=text,
                language=language.value,
                kind=kind,
                recording_id=voice.id if voice else None,
            )
    except Problem as problem:
        return _refused(case, "answer", problem)
    return "applied"


async def apply_decision(
    session: AsyncSession, case: Case, *, accepted: bool, text: str | None, actor: str
) -> str:
    """The applicant's word, given at the neighbour's: `applied`, or `known` where it is decided already."""
    try:
        async with session.begin_nested():
            decided = await answers.decide(
                session, case.id, accepted=accepted, by="link", text=text, actor=actor
            )
    except Problem as problem:
        return _refused(case, "decision", problem)
    return "known" if decided == "not_open" else "applied"


async def apply_status(
    session: AsyncSession, case: Case, *, status: str, note: str | None, actor: str
) -> str:
    """A state the case has come to over there, told without an answer in words.

    `applied`, `known`, or `refused` where no step leads to it from where the case is here.
    """
    if status == case.status:
        return "known"
    try:
        async with session.begin_nested():
            return await _come_to(session, case, status, note, actor)
    except Problem as problem:
        return _refused(case, "status", problem)


async def _come_to(session: AsyncSession, case: Case, status: str, note: str | None, actor: str) -> str:
    match status:
        case Status.IN_HAND:
            await referrals.take_in_hand(session, case.id, unit=None, actor=actor)
        case Status.WAITING_APPLICANT if note:
            await referrals.ask_applicant(session, case.id, unit=None, actor=actor, text=note)
        case Status.ACCEPTED:
            return await apply_decision(session, case, accepted=True, text=None, actor=actor)
        case Status.OBJECTED:
            return await apply_decision(session, case, accepted=False, text=note, actor=actor)
        case Status.CLOSED:
            await answers.close(session, case.id, unit=None, actor=actor, reason="samad", note=note)
        case _:
            log.warning("status_not_applied", case=str(case.id), status=status[:64], current=case.status)
            return "refused"
    return "applied"


def _refused(case: Case, what: str, problem: Problem) -> str:
    log.warning("change_not_applied", case=str(case.id), what=what, problem=problem.code, status=case.status)
    return "refused"
