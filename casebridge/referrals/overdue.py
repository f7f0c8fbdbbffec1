"""What deadlines do by themselves: reminders, and the step up where a unit let one pass."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cases.life import OPEN, RUNNING, Action
from casebridge.cases.models import Case, going_on
from casebridge.cases.schemas import Status
from casebridge.cases.steps import SYSTEM, locked, take_step
from casebridge.country.units import CENTRE
from casebridge.database import Database
from casebridge.deadlines import service as deadlines
from casebridge.deadlines.rules import add_working_days, answer_due, interim_due
from casebridge.deadlines.terms import in_force
from casebridge.notifications.service import notify_unit
from casebridge.problems import Problem
from casebridge.referrals.service import move_up
from line111.clock import now, to_text

AT_ONCE: Final = 100
NEW_AT_ONCE: Final = 1000
FRESH: Final = timedelta(days=1)
"""An older case without a deadline was opened again, or is older than deadlines: its time begins now."""
_OPEN: Final = tuple(status.value for status in OPEN)
_RUNNING: Final = tuple(status.value for status in RUNNING)
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
        select(Case.id, Case.kind, Case.level, Case.registered_at)
        .where(going_on(), Case.due_at.is_(None), Case.status.in_(_OPEN))
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
        due = answer_due(row.kind, row.level, begun, deadlines.ZONE, is_off)
        rows.append({"id": row.id, "due_at": due, "interim_due_at": interim_due(begun, due)})
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
    """Nobody stands above the Centre: what it leaves overdue stays so, in sight of all who look."""
    return await _ids(session, Case.status.in_(_RUNNING), Case.due_at <= moment, Case.owner_unit != CENTRE)


async def _unheard(session: AsyncSession, moment: datetime) -> list[UUID]:
    return await _ids(session, Case.status == Status.WAITING_APPLICANT.value, Case.due_at <= moment)


async def _escalate(session: AsyncSession, case_id: UUID) -> int:
    case = await locked(session, case_id)
    if case.due_at is None or case.due_at > now() or case.status not in _RUNNING or case.owner_unit == CENTRE:
        return 0
    await move_up(session, case, Action.ESCALATED, actor=SYSTEM, reason="overdue")
    return 1


async def _give_back(session: AsyncSession, case_id: UUID) -> int:
    """The applicant's time is over: the unit answers as it can, and its own time begins."""
    case = await locked(session, case_id)
    if case.due_at is None or case.due_at > now() or case.status != Status.WAITING_APPLICANT:
        return 0
    due = await deadlines.answer_due(session, case)
    await take_step(session, case, Action.SUPPLIED, SYSTEM, due_at=due, detail={"reason": "applicant_silent"})
    return 1


async def _silent(session: AsyncSession, moment: datetime) -> list[UUID]:
    since = await _over_since(session, Status.ANSWERED, moment)
    return await _ids(session, Case.status == Status.ANSWERED.value, Case.answered_at < since)


async def _settled(session: AsyncSession, moment: datetime) -> list[UUID]:
    since = await _over_since(session, Status.ACCEPTED, moment)
    return await _ids(
        session,
        Case.status == Status.ACCEPTED.value,
        or_(Case.answered_at.is_(None), Case.answered_at < since),
    )


async def _over_since(session: AsyncSession, status: Status, moment: datetime) -> datetime:
    """What is in this state and was answered before is over."""
    terms = in_force()
    days = terms.silence_days if status is Status.ANSWERED else terms.keep_accepted_days
    return await _ago(session, moment, days)


async def _close(session: AsyncSession, case_id: UUID) -> int:
    """Looks once more under the lock: an answer given meanwhile has its own time to be heard."""
    case = await locked(session, case_id)
    if case.status not in (Status.ANSWERED, Status.ACCEPTED):
        return 0
    since = await _over_since(session, Status(case.status), now())
    if case.answered_at is not None and case.answered_at >= since:
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
