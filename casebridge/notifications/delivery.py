"""The steps of a delivery in the database: take, begin, end. Each is one short transaction.

A message is taken with a lease, and a try is written down before a provider is spoken to. A sender
that is killed therefore leaves one of two things: a lease that ends (nothing was tried), or a try that
was begun and never ended (nobody can tell), which the next one takes as an unknown answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.database import Database
from casebridge.events import service as events
from casebridge.notifications.incoming import receipts
from casebridge.notifications.models import Attempt, Notification
from casebridge.notifications.providers.interface import LONGEST_ERROR, Outcome, Result
from casebridge.notifications.rules import Next, Progress, after, chance, provider_of, way_name
from casebridge.notifications.schemas import State
from line111.clock import now

VANISHED = "the sender vanished"


class LeaseLost(Exception):
    """Somebody else has the message: ours took too long."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a message goes, as it is remembered."""

    medium: str
    contact_hash: bytes | None
    masked: str | None


async def take(
    database: Database, holder: str, lease: timedelta, count: int
) -> Sequence[tuple[Notification, bool]]:
    """Messages whose time has come, each with whether a try of it was cut off.

    Args:
        holder: This sender's name, other than any other's.
        count: How many at most.
    """
    async with database.reading() as session:
        if await session.scalar(select(Notification.id).where(_due()).limit(1)) is None:
            return []
    picked = select(Notification.id).where(_due()).order_by(Notification.next_at).limit(count)
    if not database.is_sqlite:
        picked = picked.with_for_update(skip_locked=True)
    async with database.writing() as session:
        rows = await session.scalars(
            update(Notification)
            .where(Notification.id.in_(picked))
            .values(taken_until=now() + lease, taken_by=holder)
            .returning(Notification)
            .execution_options(synchronize_session=False)
        )
        taken = sorted(rows, key=lambda row: row.next_at)
        cut_off = await _cut_off(session, [row.id for row in taken])
        for row in taken:
            session.expunge(row)
        return [(row, row.id in cut_off) for row in taken]


async def begin(
    session: AsyncSession, row: Notification, holder: str, way: str, bound: Bound, lease: timedelta
) -> int:
    """Writes down that a way is about to be tried; returns the try's number. Raises LeaseLost."""
    provider = provider_of(way)
    await _mine(
        session,
        row,
        holder,
        provider=provider,
        attempts=Notification.attempts + 1,
        medium=bound.medium,
        contact_hash=bound.contact_hash,
        contact_masked=bound.masked,
        taken_until=now() + lease,
    )
    result = await session.execute(
        insert(Attempt)
        .values(notification_id=row.id, provider=provider, at=now(), outcome="begun")
        .returning(Attempt.id)
    )
    return int(result.scalar_one())


async def end(
    session: AsyncSession,
    row: Notification,
    holder: str,
    attempt: int,
    way: str,
    outcome: Outcome,
    order: Sequence[str],
) -> Next:
    """Writes down how a try ended and what follows. What was sent is sent, also after the lease."""
    moment = now()
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt)
        .values(ended_at=moment, outcome=outcome.result.value, error=_short(outcome.error))
    )
    following = after(
        outcome.result.value,
        way,
        order,
        progress_of(row),
        legally_due=row.legally_due,
        jitter=chance(),
    )
    if outcome.result is Result.SENT:
        await _follow(session, row, following, {"last_error": None, "sent_at": moment})
        await receipts.expect(session, row.id, provider_of(way), outcome.references)
    elif await _still_mine(session, row, holder):
        await _follow(session, row, following, {"last_error": _short(outcome.error)})
    return following


async def keep(session: AsyncSession, holder: str, kept: Sequence[tuple[Notification, str, Bound]]) -> None:
    """Messages that stay in the outbox: begun and sent in one step, for there is nobody to wait for."""
    moment = now()
    tries = [
        {"notification_id": row.id, "provider": name, "at": moment, "ended_at": moment, "outcome": "sent"}
        for row, name, _ in kept
    ]
    await session.execute(insert(Attempt), tries)
    statement = (
        update(Notification.__table__)  # type: ignore[arg-type]
        .where(Notification.id == bindparam("message"), Notification.taken_by == holder)
        .values(
            state=State.SENT.value,
            sent_at=moment,
            taken_until=None,
            taken_by=None,
            last_error=None,
            attempts=Notification.attempts + 1,
            provider=bindparam("by"),
            medium=bindparam("through"),
            contact_hash=bindparam("hash"),
            contact_masked=bindparam("shown"),
        )
    )
    values = [
        {
            "message": row.id,
            "by": name,
            "through": bound.medium,
            "hash": bound.contact_hash,
            "shown": bound.masked,
        }
        for row, name, bound in kept
    ]
    connection = await session.connection()
    await connection.execute(statement, values)


async def postpone(session: AsyncSession, row: Notification, holder: str, until: datetime) -> None:
    """Not now, without a try: quiet hours, or every provider rests. Raises LeaseLost."""
    await _mine(session, row, holder, next_at=until, taken_until=None, taken_by=None)


async def settle(
    session: AsyncSession,
    row: Notification,
    holder: str,
    state: State,
    error: str,
    bound: Bound | None = None,
) -> None:
    """Ends a message without a try: unreachable, withheld, dead. Raises LeaseLost."""
    values: dict[str, Any] = {"state": state.value, "last_error": error, "taken_until": None}
    if bound:
        values |= {"medium": bound.medium, "contact_hash": bound.contact_hash, "contact_masked": bound.masked}
    await _mine(session, row, holder, **values)
    if state is State.DEAD:
        await _tell_dead(session, row)


async def account_for_vanished(
    session: AsyncSession, row: Notification, holder: str, order: Sequence[str]
) -> Next:
    """A try was begun by a sender that is gone: its answer is unknown. Raises LeaseLost."""
    begun = (
        await session.scalars(
            select(Attempt).where(Attempt.notification_id == row.id, Attempt.outcome == "begun")
        )
    ).all()
    moment = now()
    for attempt in begun:
        attempt.outcome, attempt.ended_at, attempt.error = Result.UNKNOWN.value, moment, VANISHED
    following = after(
        Result.UNKNOWN.value,
        way_name(begun[-1].provider, row.contact_hash) if begun else "",
        order,
        progress_of(row),
        legally_due=row.legally_due,
        jitter=chance(),
    )
    await _mine(session, row, holder)
    await _follow(session, row, following, {"last_error": VANISHED})
    return following


def progress_of(row: Notification) -> Progress:
    """How far a message has come."""
    asked = way_name(row.asked, row.contact_hash) if row.asked else None
    return Progress(tuple(row.refused_by), tuple(row.failed_by), row.rounds, asked)


async def _follow(session: AsyncSession, row: Notification, following: Next, values: dict[str, Any]) -> None:
    progress = following.progress
    await session.execute(
        update(Notification)
        .where(Notification.id == row.id)
        .values(
            state=following.state,
            refused_by=list(progress.refused),
            failed_by=list(progress.failed),
            rounds=progress.rounds,
            asked=provider_of(progress.asked) if progress.asked else None,
            next_at=now() + following.wait,
            taken_until=None,
            taken_by=None,
            **values,
        )
        .execution_options(synchronize_session=False)
    )
    if following.state == State.DEAD:
        await _tell_dead(session, row)


async def _tell_dead(session: AsyncSession, row: Notification) -> None:
    event = events.event("notification.dead", notification_id=row.id, case_id=row.case_id)
    await events.add(session, event)


async def _mine(session: AsyncSession, row: Notification, holder: str, **values: Any) -> None:
    done = await session.execute(
        update(Notification)
        .where(
            Notification.id == row.id,
            Notification.taken_by == holder,
            Notification.state == State.WAITING.value,
        )
        .values(**(values or {"taken_by": holder}))
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise LeaseLost


async def _still_mine(session: AsyncSession, row: Notification, holder: str) -> bool:
    try:
        await _mine(session, row, holder)
    except LeaseLost:
        return False
    return True


async def _cut_off(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    if not ids:
        return set()
    begun = select(Attempt.notification_id).where(
        Attempt.notification_id.in_(ids), Attempt.outcome == "begun"
    )
    return set(await session.scalars(begun))


def _due() -> ColumnElement[bool]:
    moment = now()
    return and_(
        Notification.state == State.WAITING.value,
        Notification.next_at <= moment,
        or_(Notification.taken_until.is_(None), Notification.taken_until < moment),
    )


def _short(error: str | None) -> str | None:
    return error[:LONGEST_ERROR] if error else None
