"""The outbox as people read it: pages of messages, one message, counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.notifications.models import Attempt, Notification
from casebridge.notifications.schemas import (
    WATCHED,
    AttemptRow,
    MessageDetail,
    MessagePage,
    MessageRow,
)
from casebridge.paging import Cursors, moment_and_id
from casebridge.problems import Problem


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are wanted; None: all."""

    state: str | None = None
    audience: str | None = None
    provider: str | None = None
    template: str | None = None
    case_id: UUID | None = None
    tracking_code: str | None = None


async def list_messages(
    session: AsyncSession,
    cursors: Cursors,
    wanted: MessageFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
    with_text: bool,
) -> MessagePage:
    """A page of messages, newest first.

    Args:
        with_text: Whether the reader may read what citizens are told; otherwise the text is empty.

    Raises Problem naming `cursor` where it is none of this list.
    """
    query = _filtered(select(Notification, Case.tracking_code).outerjoin(Case), wanted)
    query = query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limit + 1)
    place = cursors.read_moment("notifications", cursor)
    if place:
        query = query.where(tuple_(Notification.created_at, Notification.id) < place)
    items = [MessageRow(**_fields(row, code, with_text)) for row, code in await session.execute(query)]
    items, following = cursors.cut(
        "notifications", items, limit, lambda row: moment_and_id(row.created_at, row.id)
    )
    return MessagePage(items=items, next_cursor=following)


async def get_message(session: AsyncSession, message_id: UUID, *, with_text: bool) -> MessageDetail:
    """A message with all that was tried. Raises Problem `not_found`."""
    query = select(Notification, Case.tracking_code).outerjoin(Case).where(Notification.id == message_id)
    found = (await session.execute(query)).first()
    if found is None:
        raise Problem("not_found")
    tries = await session.scalars(
        select(Attempt).where(Attempt.notification_id == message_id).order_by(Attempt.id)
    )
    return MessageDetail(
        **_fields(found[0], found[1], with_text),
        tries=[
            AttemptRow(
                at=attempt.at,
                provider=attempt.provider,
                outcome=attempt.outcome,
                error=attempt.error,
                ended_at=attempt.ended_at,
            )
            for attempt in tries
        ],
    )


async def counts(session: AsyncSession) -> dict[str, int]:
    """How many messages are in each state somebody has to look after; the others only grow."""
    watched = [state.value for state in WATCHED]
    query = select(Notification.state, func.count()).where(Notification.state.in_(watched))
    query = query.group_by(Notification.state)
    return {state: int(count) for state, count in await session.execute(query)}


def _filtered(query: Any, wanted: MessageFilter) -> Any:
    columns = {
        Notification.state: wanted.state,
        Notification.audience: wanted.audience,
        Notification.provider: wanted.provider,
        Notification.template: wanted.template,
        Notification.case_id: wanted.case_id,
        Case.tracking_code: wanted.tracking_code,
    }
    for column, value in columns.items():
        if value is not None:
            query = query.where(column == value)
    return query


def _fields(row: Notification, code: str | None, with_text: bool) -> dict[str, Any]:
    text = row.email_text if row.medium == "email" else row.text
    return {
        "id": row.id,
        "case_id": row.case_id,
        "tracking_code": code,
        "unit_code": row.unit_code,
        "audience": row.audience,
        "template": row.template,
        "language": row.language,
        "medium": row.medium,
        "state": row.state,
        "provider": row.provider,
        "attempts": row.attempts,
        "last_error": row.last_error,
        "text": text if with_text else "",
        "encoding": row.encoding,
        "segments": row.segments,
        "receiver_masked": row.contact_masked,
        "legally_due": row.legally_due,
        "created_at": row.created_at,
        "next_at": row.next_at,
        "sent_at": row.sent_at,
        "delivered_at": row.delivered_at,
    }
