"""What deadlines do by themselves: reminders, and the step up where a unit let one pass."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.answers.models import AnswerRow
from casebridge.cases.life import RUNNING, UNDER_WAY, Action
from casebridge.cases.models import Case, going_on
from casebridge.cases.schemas import Status
from casebridge.cases.steps import SYSTEM, locked, take_step
from casebridge.country.units import CENTRE, COUNCIL
from casebridge.database import Database
from casebridge.deadlines import running
from casebridge.deadlines import service as deadlines
from casebridge.deadlines.rules import add_working_days, answer_due, due_after, interim_due
from casebridge.deadlines.terms import in_force
from casebridge.notifications.service import notify_unit
from casebridge.problems import Problem
from casebridge.referrals.service import move_up
from line111.clock import now, to_text

AT_ONCE: Final = 100
NEW_AT_ONCE: Final = 1000
FRESH: Final = timedelta(days=1)
"""An older case without a deadline was opened again, or is older than deadlines: its time begins now."""
_UNDER_WAY: Final = tuple(status.value for status in UNDER_WAY)
_RUNNING: Final = tuple(status.value for status in RUNNING)
_HIGHEST: Final = (CENTRE, COUNCIL)
log = structlog.get_logger("casebridge.overdue")


async def sweep(database: Database) -> int:
    """One round: deadlines for those who have none, reminders, escalations, silences; how many."""
    moment = now()
    async with database.writing() as session:
        count = await give_deadlines(session)
    for find, act in (
        (_soon_due, _remind),
        (_interim_due, _remind_of_interim),
        (_overdue, _escalate),
        (_unheard, _give_back),
        (_silent, _close),
        (_settled, _close),
    ):
        async with database.reading() as session:
            ids = await find(session, moment)
        for case_id in ids:
            try:
                async with database.writing() as session:
                    count += await act(session, case_id)
            except Problem as problem:  # somebody was quicker: the case is no longer what it was
                log.info("deadline_passed_over", case_id=str(case_id), reason=problem.code)
    return count


async def _ids(session: AsyncSession, *conditions: object) -> list[UUID]:
    query = select(Case.id).where(going_on(), *conditions).order_by(Case.due_at, Case.id).limit(AT_ONCE)  # type: ignore[arg-type]
    return list(await session.scalars(query))


async def give_deadlines(session: AsyncSession) -> int:
    """Gives open cases that have none a deadline, many at once; how many.

    Every case gets its own with its registration: this is the net for those of an older version.
    """
    query = (
        select(Case.id, Case.kind, Case.level, Case.status, Case.registered_at)
        .where(going_on(), Case.due_at.is_(None), Case.status.in_(_UNDER_WAY))
        .order_by(Case.registered_at)
        .limit(NEW_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = (await session.execute(query)).all()
    if not found:
        return 0
    is_off = await deadlines.working_calendar(session)
    moment, rows = now(), []
    for row in found:
        begun = row.registered_at if moment - row.registered_at < FRESH else moment
        due, interim = answer_due(row.kind, row.level, begun, deadlines.ZONE, is_off), None
        if row.status == Status.OBJECTED:
            due = due_after(in_force().session_days, moment, deadlines.ZONE, is_off)
        else:
            interim = interim_due(begun, due)
        rows.append({"id": row.id, "due_at": due, "interim_due_at": interim})
    await session.execute(update(Case), rows)
    return len(rows)


async def _soon_due(session: AsyncSession, moment: datetime) -> list[UUID]:
    until = await deadlines.working_days_from(session, moment, in_force().remind_before_days)
    return await _ids(
        session,
        Case.status.in_(_RUNNING),
        Case.due_at > moment,
        Case.due_at <= until,
        Case.reminded_at.is_(None),
    )


async def _remind(session: AsyncSession, case_id: UUID) -> int:
    case = await locked(session, case_id)
    if case.reminded_at is not None or case.due_at is None or case.status not in _RUNNING:
        return 0
    case.reminded_at = now()
    values = {"due_at": to_text(case.due_at)}
    await notify_unit(session, case.owner_unit, "reminder", values, case_id=case.id)
    return 1


async def _interim_due(session: AsyncSession, moment: datetime) -> list[UUID]:
    return await _ids(session, Case.status.in_(_RUNNING), Case.interim_due_at <= moment, Case.due_at > moment)


async def _remind_of_interim(session: AsyncSession, case_id: UUID) -> int:
    """After half the time, then after half of what is left, and so on to the answer's own reminder."""
    case, moment = await locked(session, case_id), now()
    interim, due, owner = case.interim_due_at, case.due_at, case.owner_unit
    if interim is None or due is None or interim > moment or case.status not in _RUNNING:
        return 0
    step = f"interim:{to_text(interim)}"
    await notify_unit(session, owner, "interim_reminder", {}, case_id=case.id, step=step)
    again = interim_due(moment, due)
    case.interim_due_at = again if due - again > timedelta(days=1) else None
    return 1


async def _overdue(session: AsyncSession, moment: datetime) -> list[UUID]:
    """What the Centre leaves overdue, or who stands above it, stays so, in sight of all who look."""
    return await _ids(
        session, Case.status.in_(_RUNNING), Case.due_at <= moment, Case.owner_unit.not_in(_HIGHEST)
    )


async def _unheard(session: AsyncSession, moment: datetime) -> list[UUID]:
    return await _ids(session, Case.status == Status.WAITING_APPLICANT.value, Case.due_at <= moment)


async def _escalate(session: AsyncSession, case_id: UUID) -> int:
    case = await locked(session, case_id)
    is_late = case.due_at is not None and case.due_at <= now() and case.status in _RUNNING
    if not is_late or case.owner_unit in _HIGHEST:
        return 0
    await move_up(session, case, Action.ESCALATED, actor=SYSTEM, reason="overdue")
    return 1


async def _give_back(session: AsyncSession, case_id: UUID) -> int:
    """The applicant's time is over: the unit answers as it can, in what is left of its own time."""
    case = await locked(session, case_id)
    if case.due_at is None or case.due_at > now() or case.status != Status.WAITING_APPLICANT:
        return 0
    due = await running.resumed_due(session, case)
    await take_step(session, case, Action.SUPPLIED, SYSTEM, due_at=due, detail={"reason": "applicant_silent"})
    return 1


async def _silent(session: AsyncSession, moment: datetime) -> list[UUID]:
    since = await _ago(session, moment, in_force().silence_days)
    return await _ids(session, Case.status == Status.ANSWERED.value, Case.answered_at < since)


async def _settled(session: AsyncSession, moment: datetime) -> list[UUID]:
    """A case accepted long ago; one that came here as accepted without an answer has no day to count from."""
    since = await _ago(session, moment, in_force().keep_accepted_days)
    decided = select(func.max(AnswerRow.decided_at)).where(AnswerRow.case_id == Case.id).scalar_subquery()
    accepted_at = func.coalesce(decided, Case.answered_at)
    return await _ids(
        session, Case.status == Status.ACCEPTED.value, or_(accepted_at.is_(None), accepted_at < since)
    )


async def _over(session: AsyncSession, case: Case) -> bool:
    """Whether nobody has said anything to its answer, or opened it again, for as long as the terms give."""
    terms = in_force()
    if case.status == Status.ANSWERED:
        begun, days = case.answered_at, terms.silence_days
    else:
        given = await answers.last_answer(session, case.id)
        begun, days = (given and given.decided_at) or case.answered_at, terms.keep_accepted_days
    return begun is None or begun < await _ago(session, now(), days)


async def _close(session: AsyncSession, case_id: UUID) -> int:
    """Looks once more under the lock: an answer given meanwhile has its own time to be heard."""
    case = await locked(session, case_id)
    if case.status not in (Status.ANSWERED, Status.ACCEPTED):
        return 0
    if not await _over(session, case):
        return 0
    reason = "accepted" if case.status == Status.ACCEPTED else "silence"
    if reason == "silence":
        await answers.note_silence(session, case_id)
    await take_step(session, case, Action.CLOSED, SYSTEM, detail={"reason": reason})
    return 1


async def _ago(session: AsyncSession, moment: datetime, days: int) -> datetime:
    """So many working days before a moment, at the most."""
    is_off = await deadlines.working_calendar(session)
    day = moment.astimezone(deadlines.ZONE).date()
    back = day
    while add_working_days(back, days, is_off) >= day:
        back = back.fromordinal(back.toordinal() - 1)
    return datetime.combine(back, in_force().office_ends, tzinfo=deadlines.ZONE)
