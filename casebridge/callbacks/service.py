"""The callback line. The database decides; the index in Redis only says whom to ask for first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from redis.exceptions import RedisError
from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.callbacks.alone import waits_alone
from casebridge.callbacks.index_keeping import rebuild_index
from casebridge.callbacks.line import CallbackLine, IndexLost
from casebridge.callbacks.models import CallbackRow
from casebridge.callbacks.rules import after_attempt, due_at, office
from casebridge.callbacks.schemas import Callback, CallbackPage, NewCallback, OfficeTimes, Outcome, State
from casebridge.cases import history
from casebridge.cases.models import Case
from casebridge.cases.numbers import number_to_call
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.deadlines.service import working_calendar
from casebridge.deadlines.terms import in_force
from casebridge.events import service as events
from casebridge.intakes.rows import line_row, new_callback
from casebridge.intakes.schemas import Wished
from casebridge.paging import Cursors, moment_and_id
from casebridge.people.models import Account
from casebridge.problems import Problem
from casebridge.tables import new_id
from line111.clock import now

TOLD_DAYS = 60
"""So many days of the calendar a node knows when the bridge goes away."""
log = structlog.get_logger("casebridge.callbacks")


async def enqueue(session: AsyncSession, new: NewCallback, zone: ZoneInfo, actor: str) -> UUID:
    """Puts a callback in line; returns its id.

    Raises Problem `not_found` (no such case), `callback_open` (the matter has one already).
    """
    case = await session.get(Case, new.case_id)
    if case is None:
        raise Problem("not_found")
    opens = office(in_force(), zone, await working_calendar(session))
    row = new_callback(new_id(), new.case_id, new.wished, now(), opens, new.queue)
    row["applicant_id"] = await waits_alone(session, case)
    try:
        await session.execute(insert(CallbackRow).values(row))
    except IntegrityError:
        raise Problem("callback_open") from None
    await history.add(session, new.case_id, "callback_wished", actor, wished=new.wished.value)
    told = {"wished": new.wished.value}
    await audit.write(session, actor, "callback_wished", "case", new.case_id, detail=told)
    await events.add(
        session, line_row(row), events.event("callback.waiting", callback_id=row["id"], case_id=new.case_id)
    )
    return UUID(str(row["id"]))


async def next_opening(session: AsyncSession, zone: ZoneInfo) -> datetime:
    """When the office opens on the next working day."""
    opens = office(in_force(), zone, await working_calendar(session))
    return due_at(Wished.TOMORROW, now(), opens)


async def office_times(session: AsyncSession, zone: ZoneInfo) -> OfficeTimes:
    """When callbacks are made, from yesterday on (clocks differ) for some weeks."""
    terms, is_off = in_force(), await working_calendar(session)
    first = now().astimezone(zone).date() - timedelta(days=1)
    days = [first + timedelta(days=count) for count in range(TOLD_DAYS)]
    return OfficeTimes(
        office_begins=terms.office_begins,
        afternoon_begins=terms.afternoon_begins,
        office_ends=terms.office_ends,
        first=first,
        last=days[-1],
        days_off=[day for day in days if is_off(day)],
    )


async def list_callbacks(
    session: AsyncSession,
    cursors: Cursors,
    *,
    state: State,
    cursor: str | None = None,
    limit: int = 50,
) -> CallbackPage:
    """A page of callbacks in a state by original arrival, and how many there are in all.

    Raises Problem naming `cursor` where it is none of this list.
    """
    listing = f"callbacks:{state.value}"
    query = (
        select(CallbackRow, Case)
        .join(Case, Case.id == CallbackRow.case_id)
        .where(CallbackRow.state == state.value)
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
        .limit(limit + 1)
    )
    place = cursors.read_moment(listing, cursor)
    if place:
        query = query.where(tuple_(CallbackRow.arrived_at, CallbackRow.id) > place)
    items = [_describe(row, case) for row, case in await session.execute(query)]
    items, following = cursors.cut(listing, items, limit, lambda row: moment_and_id(row.arrived_at, row.id))
    return CallbackPage(items=items, next_cursor=following, total=await count_callbacks(session, state))


async def count_callbacks(session: AsyncSession, state: State) -> int:
    """How many callbacks are in a state, their time come or not."""
    query = select(func.count()).select_from(CallbackRow).where(CallbackRow.state == state.value)
    return int(await session.scalar(query) or 0)


async def held_by(session: AsyncSession, keys: KeyRing, agent: str) -> list[Callback]:
    """What this agent has claimed, with the number to call: the claim itself was audited."""
    query = (
        select(CallbackRow, Case)
        .join(Case, Case.id == CallbackRow.case_id)
        .where(CallbackRow.state == State.CLAIMED.value, CallbackRow.claimed_by == agent)
        .order_by(CallbackRow.claimed_at)
    )
    return [_describe(row, case, number_to_call(keys, case)) for row, case in await session.execute(query)]


async def get_callback(session: AsyncSession, callback_id: UUID) -> Callback:
    """A callback without its number. Raises Problem `not_found`."""
    row, case = await _row_and_case(session, callback_id)
    return _describe(row, case)


async def claim(
    database: Database,
    line: CallbackLine,
    keys: KeyRing,
    agent: str,
    *,
    queues: Sequence[str] | None = None,
    lease: timedelta,
    actor: str | None = None,
    person: bool = False,
) -> Callback | None:
    """Takes the callback that arrived first among those whose time has come; None: nobody waits.

    A person has one caller at a time: who holds a callback is given that one again, also where two
    clicks come at the same moment. While Redis is away the database is asked itself, at a higher price.
    """
    while True:
        if person:
            async with database.reading() as session:
                if held := await held_by(session, keys, agent):
                    return held[0]
        callback_id = await _whose_turn(database, line, queues)
        if callback_id is None:
            return None
        async with database.writing() as session:
            if person and await _other_click(session, agent):
                continue  # the index puts this one back by itself, soon
            taken = await _take(session, keys, callback_id, agent, lease, actor or f"agent:{agent}")
        await _tell_index(line, callback_id, taken is not None)
        if taken is not None:
            return taken


async def renew(session: AsyncSession, callback_id: UUID, agent: str | None, lease: timedelta) -> Callback:
    """Prolongs a claim. Raises Problem `not_found`, `callback_not_claimed`."""
    row, case = await _claimed(session, callback_id, agent)
    row.lease_until = now() + lease
    return _describe(row, case)


async def release(session: AsyncSession, callback_id: UUID, agent: str | None, actor: str) -> Callback:
    """Gives a claimed callback its old place back. Raises Problem `not_found`, `callback_not_claimed`."""
    row, case = await _claimed(session, callback_id, agent)
    await _back_in_line(session, row, actor, "released")
    return _describe(row, case)


async def finish(
    session: AsyncSession,
    callback_id: UUID,
    outcome: Outcome,
    later_at: datetime | None,
    actor: str,
    *,
    agent: str | None = None,
) -> Callback:
    """Ends an attempt: done, or back in line for a later time with its old arrival.

    Raises Problem `not_found`, `callback_not_claimed`, or naming `later_at`.
    """
    if (outcome is Outcome.LATER) != (later_at is not None):
        raise Problem("invalid_request", errors=[("later_at", "later_at_needed")])
    row, case = await _claimed(session, callback_id, agent)
    row.attempts += 1
    row.outcome = outcome.value
    following = after_attempt(outcome, row.attempts, now(), later_at)
    if following.due_at is None:
        row.state, row.finished_at, row.lease_until = State.DONE.value, now(), None
        await history.add(session, row.case_id, "callback_done", actor, outcome=outcome.value)
        await events.add(
            session,
            events.event("callback.done", callback_id=row.id, case_id=row.case_id, outcome=outcome.value),
        )
    else:
        row.due_at = following.due_at
        await _back_in_line(session, row, actor, outcome.value)
    told = {"outcome": outcome.value, "case_id": str(row.case_id)}
    await audit.write(session, actor, "callback_attempt", "callback", row.id, detail=told)
    return _describe(row, case)


async def release_ended_leases(database: Database) -> int:
    """Puts callbacks back whose agent went away without a word; returns how many."""
    ended = select(CallbackRow.id).where(
        CallbackRow.state == State.CLAIMED.value, CallbackRow.lease_until < now()
    )
    async with database.reading() as session:
        ids = list(await session.scalars(ended.limit(500)))
    if not ids:
        return 0
    async with database.writing() as session:
        locked = select(CallbackRow).where(CallbackRow.id.in_(ids)).with_for_update(skip_locked=True)
        count = 0
        for row in await session.scalars(locked):
            if row.state == State.CLAIMED.value and row.lease_until and row.lease_until < now():
                await _back_in_line(session, row, "service:bridge", "lease_ended")
                count += 1
    return count


async def _whose_turn(database: Database, line: CallbackLine, queues: Sequence[str] | None) -> UUID | None:
    try:
        try:
            found = await line.take(queues)
        except IndexLost:
            await rebuild_index(database, line)
            found = await line.take(queues)
    except (RedisError, OSError, IndexLost) as error:
        log.warning("callback_index_away", error=type(error).__name__)
        return await _first_in_database(database, queues)
    return UUID(found) if found else None


async def _first_in_database(database: Database, queues: Sequence[str] | None) -> UUID | None:
    query = (
        select(CallbackRow.id)
        .where(CallbackRow.state == State.WAITING.value, CallbackRow.due_at <= now())
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
        .limit(1)
    )
    if queues:
        query = query.where(CallbackRow.queue.in_(queues))
    async with database.reading() as session:
        return await session.scalar(query)


async def _other_click(session: AsyncSession, agent: str) -> bool:
    """Whether this person has taken one meanwhile. The account's row is locked until the commit, so that
    on PostgreSQL too two claims of one person come one after the other."""
    await session.execute(select(Account.id).where(Account.username == agent).with_for_update())
    holds = select(CallbackRow.id).where(
        CallbackRow.state == State.CLAIMED.value, CallbackRow.claimed_by == agent
    )
    return await session.scalar(holds.limit(1)) is not None


async def _take(
    session: AsyncSession, keys: KeyRing, callback_id: UUID, agent: str, lease: timedelta, actor: str
) -> Callback | None:
    moment = now()
    row = await session.scalar(
        update(CallbackRow)
        .where(
            CallbackRow.id == callback_id,
            CallbackRow.state == State.WAITING.value,
            CallbackRow.due_at <= moment + timedelta(seconds=1),
        )
        .values(state=State.CLAIMED.value, claimed_by=agent, claimed_at=moment, lease_until=moment + lease)
        .returning(CallbackRow)
        .execution_options(synchronize_session=False)
    )
    if row is None:
        return None
    case = await session.get_one(Case, row.case_id)
    await history.add(session, row.case_id, "callback_claimed", actor, agent=agent)
    told = {"agent": agent, "case_id": str(row.case_id)}
    await audit.write(session, actor, "callback_claimed", "callback", row.id, detail=told)
    await events.add(
        session, events.event("callback.claimed", callback_id=row.id, case_id=row.case_id, agent=agent)
    )
    return _describe(row, case, number_to_call(keys, case))


async def _tell_index(line: CallbackLine, callback_id: UUID, taken: bool) -> None:
    """Best effort: an index that is not told offers the id again, and the database says no."""
    try:
        await (line.taken if taken else line.drop)(str(callback_id))
    except (RedisError, OSError) as error:
        log.warning("callback_index_away", error=type(error).__name__)


async def _back_in_line(session: AsyncSession, row: CallbackRow, actor: str, reason: str) -> None:
    row.state, row.claimed_by, row.claimed_at, row.lease_until = State.WAITING.value, None, None, None
    entry: dict[str, Any] = {
        "id": row.id,
        "arrived_at": row.arrived_at,
        "due_at": row.due_at,
        "queue": row.queue,
    }
    await history.add(session, row.case_id, "callback_released", actor, reason=reason)
    told = {"reason": reason, "case_id": str(row.case_id)}
    await audit.write(session, actor, "callback_released", "callback", row.id, detail=told)
    await events.add(
        session,
        line_row(entry),
        events.event("callback.released", callback_id=row.id, case_id=row.case_id, reason=reason),
    )


async def _row_and_case(session: AsyncSession, callback_id: UUID) -> tuple[CallbackRow, Case]:
    row = await session.get(CallbackRow, callback_id, with_for_update=True)
    if row is None:
        raise Problem("not_found")
    return row, await session.get_one(Case, row.case_id)


async def _claimed(session: AsyncSession, callback_id: UUID, agent: str | None) -> tuple[CallbackRow, Case]:
    row, case = await _row_and_case(session, callback_id)
    if row.state != State.CLAIMED.value or (agent is not None and row.claimed_by != agent):
        raise Problem("callback_not_claimed")
    return row, case


def _describe(row: CallbackRow, case: Case, contact_number: str | None = None) -> Callback:
    return Callback(
        id=row.id,
        case_id=row.case_id,
        tracking_code=case.tracking_code or case.told_code,
        kind=case.kind,
        language=case.language,
        province=case.province,
        state=State(row.state),
        queue=row.queue,
        wished=row.wished,
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        claimed_by=row.claimed_by,
        lease_until=row.lease_until,
        attempts=row.attempts,
        outcome=Outcome(row.outcome) if row.outcome else None,
        contact_number=contact_number,
    )
