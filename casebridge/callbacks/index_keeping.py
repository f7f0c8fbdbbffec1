"""Keeping the index in Redis like the database: built anew where Redis has lost it, or part of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import structlog
from sqlalchemy import func, select, tuple_

from casebridge.callbacks.line import CallbackLine
from casebridge.callbacks.models import CallbackRow
from casebridge.callbacks.schemas import State
from casebridge.database import Database
from casebridge.intakes.rows import line_row

REBUILD_BATCH = 1000
log = structlog.get_logger("casebridge.callbacks")


async def rebuild_index(database: Database, line: CallbackLine) -> int:
    """Makes the index anew from the database; returns how many wait."""
    count = await line.rebuild(_waiting(database))
    log.info("callback_index_rebuilt", waiting=count)
    return count


async def keep_index_whole(database: Database, line: CallbackLine) -> None:
    """Rebuilds the index where Redis is another one, or holds fewer than wait."""
    query = select(func.count()).select_from(CallbackRow).where(CallbackRow.state == State.WAITING.value)
    async with database.reading() as session:
        waiting = await session.scalar(query)
    if not await line.is_whole(int(waiting or 0)):
        await rebuild_index(database, line)


async def _waiting(database: Database) -> AsyncIterator[list[dict[str, Any]]]:
    """All that wait, in batches, each in a short transaction of its own."""
    columns = CallbackRow.id, CallbackRow.arrived_at, CallbackRow.due_at, CallbackRow.queue
    query = (
        select(*columns)
        .where(CallbackRow.state == State.WAITING.value)
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
        .limit(REBUILD_BATCH)
    )
    place: Any = None
    while True:
        part = query if place is None else query.where(tuple_(CallbackRow.arrived_at, CallbackRow.id) > place)
        async with database.reading() as session:
            rows = (await session.execute(part)).all()
        if rows:
            place = rows[-1].arrived_at, rows[-1].id
            yield [line_row(dict(row._mapping))["payload"] for row in rows]
        if len(rows) < REBUILD_BATCH:
            return
