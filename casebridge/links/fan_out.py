"""From an event in the outbox to one delivery for each neighbour who must hear of it.

It happens in the transaction in which the relay takes the event from the outbox: the event was written
with the step itself, so no step is forgotten, and the unique key of target and event lets none be
told twice, however often a relay takes the same event. Redis plays no part in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import event as on_event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.database import insert_into
from casebridge.events.models import OutboxRow
from casebridge.links.models import Delivery, LinkedCase
from casebridge.links.rules import action_of, is_echo
from casebridge.tables import new_id
from line111.clock import now

DELIVERIES = Delivery.__table__
SAMAD = "samad"
CENTRE = "centre:"


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened to a case, as the outbox has it."""

    event_id: UUID
    case_id: UUID
    action: str
    detail: dict[str, Any]


Listeners = Callable[[AsyncSession, Sequence[CaseEvent]], Awaitable[dict[UUID, list[str]]]]
"""Further targets by event. Agencies' endpoints come by it."""


class FanOut:
    """Writes deliveries for events of cases.

    Args:
        outside_samad: Whether an outside SAMAD is to hear of everything.
        listeners: Who else hears of what.
        wake: Called after the commit that wrote something.
    """

    def __init__(self, *, outside_samad: bool, listeners: Listeners, wake: Callable[[], None]) -> None:
        self._outside = outside_samad
        self._listeners = listeners
        self._wake = wake

    async def __call__(self, session: AsyncSession, taken: Sequence[OutboxRow]) -> None:
        """For rows the relay has just taken; in its transaction."""
        events = [event for row in taken if (event := _event(row)) is not None]
        if not events:
            return
        linked = await _linked(session, {event.case_id for event in events})
        listening = await self._listeners(session, events)
        rows = [
            delivery_row(target, event.event_id, event.case_id, event.action, event.detail)
            for event in events
            for target in self._targets(event, linked.get(event.case_id, []))
            + listening.get(event.event_id, [])
            if not is_echo(target, str(event.detail.get("actor", "")))
        ]
        if rows:
            await add_deliveries(session, rows)
            on_event.listen(session.sync_session, "after_commit", lambda _session: self._wake(), once=True)

    def _targets(self, event: CaseEvent, linked: list[LinkedCase]) -> list[str]:
        targets = [SAMAD] if self._outside else []
        return targets + [
            link.target
            for link in linked
            if link.target.startswith(CENTRE)
            and not (link.direction == "in" and event.action == "registered")
        ]


async def add_deliveries(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Adds deliveries; one that is there for the same target and event is left as it is."""
    await session.execute(insert_into(session, Delivery).on_conflict_do_nothing(), rows)


def delivery_row(
    target: str, event_id: UUID, case_id: UUID, action: str, detail: dict[str, Any]
) -> dict[str, Any]:
    """A delivery that waits, to be sent at once."""
    moment = now()
    return {
        "id": new_id(),
        "target": target,
        "event_id": event_id,
        "case_id": case_id,
        "action": action[:64],
        "detail": detail,
        "state": "waiting",
        "attempts": 0,
        "created_at": moment,
        "next_at": moment,
    }


async def _linked(session: AsyncSession, case_ids: set[UUID]) -> dict[UUID, list[LinkedCase]]:
    found: dict[UUID, list[LinkedCase]] = {}
    for link in await session.scalars(select(LinkedCase).where(LinkedCase.case_id.in_(case_ids))):
        found.setdefault(link.case_id, []).append(link)
    return found


def _event(row: OutboxRow) -> CaseEvent | None:
    if row.destination != "event" or not row.type.startswith("case."):
        return None
    try:
        case_id = UUID(str(row.payload.get("case_id")))
    except ValueError:
        return None
    detail = {name: value for name, value in row.payload.items() if name != "case_id"}
    return CaseEvent(row.event_id, case_id, action_of(row.type, row.payload), detail)
