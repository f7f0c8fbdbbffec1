"""What becomes of the callback a repeat waits for: a citizen has one for one matter (promise 4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.callbacks.alone import waits_alone
from casebridge.callbacks.models import CallbackRow
from casebridge.callbacks.schemas import State
from casebridge.cases import history
from casebridge.cases.models import Case
from casebridge.events import service as events
from line111.clock import now


async def join_callbacks(session: AsyncSession, case_id: UUID, to_case_id: UUID, actor: str) -> None:
    """Moves the repeat's waiting callback to the original, or lets it go into the one that waits there.

    The earlier arrival counts. A callback an agent has claimed stays: somebody is on the telephone.
    """
    mine = await _open(session, case_id)
    if mine is None or mine.state == State.CLAIMED:
        return
    theirs = await _open(session, to_case_id)
    if theirs is None:
        mine.case_id = to_case_id
        if mine.applicant_id is not None:
            mine.applicant_id = await waits_alone(session, await session.get_one(Case, to_case_id))
    else:
        mine.state, mine.finished_at = State.DONE.value, now()
        await _come_earlier(session, theirs, mine.arrived_at, mine.due_at)
        await events.add(session, events.event("callback.done", callback_id=mine.id, case_id=case_id))
    for case, other in ((case_id, to_case_id), (to_case_id, case_id)):
        await history.add(session, case, "callback_joined", actor, other=str(other))


async def _open(session: AsyncSession, case_id: UUID) -> CallbackRow | None:
    query = select(CallbackRow).where(
        CallbackRow.case_id == case_id, CallbackRow.state.in_((State.WAITING.value, State.CLAIMED.value))
    )
    return (await session.scalars(query.with_for_update())).first()


async def _come_earlier(
    session: AsyncSession, row: CallbackRow, arrived_at: datetime, due_at: datetime
) -> None:
    row.arrived_at, row.due_at = min(row.arrived_at, arrived_at), min(row.due_at, due_at)
    if row.state == State.WAITING:
        arrived, due = (int(moment.timestamp() * 1000) for moment in (row.arrived_at, row.due_at))
        await events.add(session, events.line_change(row.id, arrived, due, row.queue))
