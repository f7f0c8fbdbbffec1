"""What deadlines do by themselves: reminders, and the step up where a unit let one pass."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cases.life import OPEN, Action
from casebridge.cases.models import Case
from casebridge.cases.schemas import Status
from casebridge.cases.steps import SYSTEM, locked, take_step
from casebridge.country.units import CENTRE
from casebridge.database import Database
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
_OPEN: Final = tuple(status.value for status in OPEN)
log = structlog.get_logger("casebridge.overdue")


async def sweep(database: Database) -> int:
    """One round: first deadlines for those who have none, reminders, escalations, silences; how many."""
    moment = now()
    async with database.writing() as session:
        count = await give_deadlines(session)
    for find, act in (
        (_soon_due, _remind),
        (_interim_due, _remind_of_interim),
        (_overdue, _escalate),
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
    query = select(Case.id).where(*conditions).order_by(Case.due_at, Case.id).limit(AT_ONCE)  # type: ignore[arg-type]
    return list(await session.scalars(query))


async def give_deadlines(session: AsyncSession) -> int:
    """Gives cases that came by the line their first deadline, many at once; how many.

    An intake does not wait for the calendar: its case has a deadline half a minute later.
    """
    query = (
        select(Case.id, Case.kind, Case.level, Case.registered_at)
        .where(Case.due_at.is_(None), Case.status.in_(_OPEN))
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
    is_off = await deadlines.working_calendar(session)
    until = due_after(in_force().remind_before_days, moment, deadlines.ZONE, is_off)
    return await _ids(
        session,
        Case.status.in_(_OPEN),
        Case.due_at > moment,
        Case.due_at <= until,
        Case.reminded_at.is_(None),
    )


async def _remind(session: AsyncSession, case_id: UUID) -> int:
    case = await locked(session, case_id)
    if case.reminded_at is not None or case.due_at is None or case.owner_unit is None:
        return 0
    case.reminded_at = now()
    values = {"due_at": to_text(case.due_at)}
    await notify_unit(session, case.owner_unit, "reminder", values, case_id=case.id)
    return 1


async def _interim_due(session: AsyncSession, moment: datetime) -> list[UUID]:
    return await _ids(session, Case.status.in_(_OPEN), Case.interim_due_at <= moment, Case.due_at > moment)


async def _remind_of_interim(session: AsyncSession, case_id: UUID) -> int:
    """After half the time, then after half of what is left, and so on to the answer's own reminder."""
    case, moment = await locked(session, case_id), now()
    interim, due, owner = case.interim_due_at, case.due_at, case.owner_unit
    if interim is None or due is None or owner is None or interim > moment:
        return 0
    step = f"interim:{to_text(interim)}"
    await notify_unit(session, owner, "interim_reminder", {}, case_id=case.id, step=step)
    again = interim_due(moment, due)
    case.interim_due_at = again if due - again > timedelta(days=1) else None
    return 1


async def _overdue(session: AsyncSession, moment: datetime) -> list[UUID]:
    """Nobody stands above the Centre: what it leaves overdue stays so, in sight of all who look."""
    somewhere = or_(Case.owner_unit != CENTRE, Case.status == Status.WAITING_APPLICANT.value)
    return await _ids(session, Case.status.in_(_OPEN), Case.due_at <= moment, somewhere)


async def _escalate(session: AsyncSession, case_id: UUID) -> int:
    case = await locked(session, case_id)
    if case.due_at is None or case.due_at > now() or case.status not in _OPEN:
        return 0
    if case.status == Status.WAITING_APPLICANT:  # the applicant's time is over: the unit answers as it can
        due = await deadlines.answer_due(session, case)
        await take_step(
            session, case, Action.SUPPLIED, SYSTEM, due_at=due, detail={"reason": "applicant_silent"}
        )
    elif case.owner_unit != CENTRE:
        await move_up(session, case, Action.ESCALATED, actor=SYSTEM, reason="overdue")
    return 1


async def _silent(session: AsyncSession, moment: datetime) -> list[UUID]:
    return await _ids(
        session,
        Case.status == Status.ANSWERED.value,
        Case.answered_at < await _ago(session, moment, in_force().silence_days),
    )


async def _settled(session: AsyncSession, moment: datetime) -> list[UUID]:
    since = await _ago(session, moment, in_force().keep_accepted_days)
    return await _ids(
        session,
        Case.status == Status.ACCEPTED.value,
        or_(Case.answered_at.is_(None), Case.answered_at < since),
    )


async def _close(session: AsyncSession, case_id: UUID) -> int:
    case = await locked(session, case_id)
    if case.status not in (Status.ANSWERED, Status.ACCEPTED):
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
