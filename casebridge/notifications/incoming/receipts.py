"""Delivery receipts: what providers say of a message after they took it.

A receipt may overtake the provider's own answer; it is then kept until the message is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.database import insert_into
from casebridge.events import service as events
from casebridge.notifications.models import Notification, Receipt
from casebridge.notifications.rules import way_name
from casebridge.notifications.schemas import State
from line111.clock import now

EXPECTED, DELIVERED, FAILED = "expected", "delivered", "failed"


async def expect(session: AsyncSession, message: UUID, provider: str, references: Iterable[str]) -> None:
    """The provider names a message, or the parts of it, so; what it took for another receiver is past."""
    references = list(references)
    earlier = update(Receipt).where(Receipt.notification_id == message, Receipt.provider == provider)
    kept = [reference[:128] for reference in references]
    await session.execute(earlier.where(Receipt.reference.not_in(kept)).values(notification_id=None))
    overtaken = False
    for reference in references:
        row = await _row(session, provider, reference)
        row.notification_id = message
        overtaken |= row.state != EXPECTED
    await session.flush()
    if overtaken:
        await _conclude(session, message, provider)


async def hear(session: AsyncSession, provider: str, reference: str, state: str) -> bool:
    """A receipt came; returns whether its message is known. Hearing it again changes nothing.

    Args:
        state: `delivered` or `failed`.
    """
    row = await _row(session, provider, reference)
    if row.state == EXPECTED:
        row.state, row.at = state, now()
    await session.flush()
    if row.notification_id is None:
        return False
    await _conclude(session, row.notification_id, provider)
    return True


async def _row(session: AsyncSession, provider: str, reference: str) -> Receipt:
    fresh: dict[str, Any] = {
        "provider": provider,
        "reference": reference[:128],
        "notification_id": None,
        "state": EXPECTED,
        "at": now(),
    }
    await session.execute(insert_into(session, Receipt).values(fresh).on_conflict_do_nothing())
    return await session.get_one(Receipt, (provider, reference[:128]), with_for_update=True)


async def _conclude(session: AsyncSession, message: UUID, provider: str) -> None:
    """Delivered when all parts are; as good as refused when one will never be."""
    query = select(Receipt.state).where(Receipt.notification_id == message, Receipt.provider == provider)
    states = set(await session.scalars(query))
    row = await session.get_one(Notification, message, with_for_update=True, populate_existing=True)
    if row.state != State.SENT.value or row.provider != provider:
        return
    if states == {DELIVERED}:
        row.state, row.delivered_at = State.DELIVERED.value, now()
    elif FAILED in states:
        await _refused(session, row)


async def _refused(session: AsyncSession, row: Notification) -> None:
    """It goes on the next way, where there is one; the sender finds out, and otherwise it is dead."""
    row.refused_by = [*row.refused_by, way_name(row.provider or "", row.contact_hash)]
    row.state, row.last_error, row.next_at = State.WAITING.value, "not delivered", now()
    await session.flush()
    await events.add(session, events.event("notification.undelivered", notification_id=row.id))


async def forget(session: AsyncSession, message: UUID) -> None:
    """The message is sent anew: what was said of it before no longer counts."""
    await session.execute(
        update(Receipt).where(Receipt.notification_id == message).values(notification_id=None)
    )
