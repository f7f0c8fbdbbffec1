"""Callbacks that come with records: a citizen has one open callback for one matter (promise 4).

A callback without a message says no more than "call me", so all of one applicant are one matter: what
is wished again joins the one that waits. It keeps the first arrival, and takes on the newest wish with
its number, whichever of them is delivered first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.callbacks.models import CallbackRow
from casebridge.callbacks.rules import Office, due_at
from casebridge.callbacks.schemas import State
from casebridge.cases.models import HistoryLine
from casebridge.events import service as events
from casebridge.events.models import OutboxRow
from casebridge.intakes.known import Known
from casebridge.intakes.reading import Prepared
from casebridge.intakes.rows import Rows, history_row, line_row, new_callback
from casebridge.intakes.schemas import Intake, Wished

_TABLE = CallbackRow.__table__
_CHANGES = ("case_id", "wished", "wished_at", "arrived_at", "due_at")


@dataclass(frozen=True, slots=True)
class Wish:
    """A callback as it is wished; `applicant_id` where it comes without a message."""

    callback_id: UUID
    case_id: UUID
    wished: Wished
    asked_at: datetime
    accepted_at: datetime
    applicant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The callback that serves a wish, and whether it waited already."""

    callback_id: UUID
    joined: bool


async def read_waiting(session: AsyncSession, batch: Sequence[Prepared], known: Known) -> None:
    """Reads what the applicants wait for who ask for a call without a message, and keeps others from ending
    it until the commit: what joins a callback must not be lost with it."""
    asking = (
        known.applicants.get(prepared.identity.applicant.lookup)
        for prepared in batch
        if isinstance(prepared.record, Intake) and prepared.identity and _is_alone(prepared.record)
    )
    applicants = {applicant for applicant in asking if applicant}
    if not applicants:
        return
    query = (
        select(_TABLE)
        .where(_TABLE.c.applicant_id.in_(applicants), _TABLE.c.state.in_((State.WAITING, State.CLAIMED)))
        .order_by(_TABLE.c.id)
        .with_for_update()
    )
    for row in await session.execute(query):
        known.alone[row.applicant_id] = dict(row._mapping)


def _is_alone(intake: Intake) -> bool:
    return intake.callback is not None and intake.recording is None


def take_wish(wish: Wish, office: Office, known: Known, rows: Rows) -> Taken:
    """Notes the rows of a callback, or what changes of the one its applicant waits for."""
    before = known.alone.get(wish.applicant_id) if wish.applicant_id else None
    if before is not None:
        _join(before, wish, office, known, rows)
        return Taken(before["id"], joined=True)
    row = new_callback(wish.callback_id, wish.case_id, wish.wished, wish.asked_at, office)
    row["applicant_id"] = wish.applicant_id
    rows[_TABLE].append(row)
    if wish.applicant_id is not None:
        known.alone[wish.applicant_id] = row
    known.open_callbacks[wish.case_id] = row["id"]
    _note(wish.case_id, wish, "callback_wished", rows, wished=wish.wished.value)
    _line_up(row, rows)
    return Taken(row["id"], joined=False)


async def write_changes(session: AsyncSession, known: Known) -> None:
    """Writes what has changed of callbacks that were there before; their new cases must be there."""
    for callback_id, row in known.changed.items():
        values = {name: row[name] for name in _CHANGES}
        change = update(CallbackRow).where(CallbackRow.id == callback_id).values(values)
        await session.execute(change.execution_options(synchronize_session=False))


def _join(before: dict[str, Any], wish: Wish, office: Office, known: Known, rows: Rows) -> None:
    earlier_case = before["case_id"]
    before["arrived_at"] = min(before["arrived_at"], wish.asked_at)
    if wish.asked_at >= before["wished_at"]:
        before["wished"], before["wished_at"] = wish.wished.value, wish.asked_at
        before["due_at"] = due_at(wish.wished, wish.asked_at, office)
        if before["state"] == State.WAITING:  # a claimed one stays: somebody is on the telephone
            before["case_id"] = wish.case_id
            known.open_callbacks[wish.case_id] = before["id"]
    if before not in rows[_TABLE]:
        known.changed[before["id"]] = before
    _note(wish.case_id, wish, "callback_wished", rows, wished=wish.wished.value)
    _note(wish.case_id, wish, "callback_joined", rows, other=str(earlier_case))
    _note(earlier_case, wish, "callback_joined", rows, other=str(wish.case_id))
    if before["state"] == State.WAITING:
        _line_up(before, rows)


def _note(case_id: UUID, wish: Wish, action: str, rows: Rows, **detail: Any) -> None:
    rows[HistoryLine.__table__].append(history_row(case_id, wish.accepted_at, action, **detail))


def _line_up(row: dict[str, Any], rows: Rows) -> None:
    waiting = events.event("callback.waiting", callback_id=row["id"], case_id=row["case_id"])
    rows[OutboxRow.__table__] += [line_row(row), waiting]
