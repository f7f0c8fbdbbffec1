"""The outbox relay: tells Redis what the database already knows, again and again until it is told.

Rows are taken with a short lease, published, then deleted; no transaction is open while Redis is
spoken to. Several bridges may run one each (SKIP LOCKED on PostgreSQL). A row may be told twice after
a crash, never lost: listeners go by the event's id.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import dramatiq
import redis as sync_redis
import redis.asyncio as redis
import structlog
from dramatiq.brokers.redis import RedisBroker
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.callbacks.line import CallbackLine
from casebridge.database import Database
from casebridge.events.models import OutboxRow
from casebridge.metrics import Metrics
from line111.clock import now, to_text

STREAM = "line111:events"
STREAM_LENGTH = 10_000
"""Events kept for listeners that reconnect (about; Redis trims in blocks)."""
BATCH = 500
LEASE = timedelta(seconds=30)
GATHER_SECONDS = 0.1
"""Pause after a wake-up: a round costs three transactions however few rows it tells, and what a call brings
(its case, then its sound) comes within this time."""
SPACING_SECONDS = 0.15
"""Least time between two rounds that told something."""
IDLE_SECONDS = 2.0
"""Between two looks for what another bridge has left behind."""
LONGEST_BACKOFF = 15.0

OnTaken = Callable[[AsyncSession, Sequence[OutboxRow]], Awaitable[None]]

log = structlog.get_logger("casebridge.relay")


class Relay:
    """Publishes the outbox of one database. `run` until cancelled; `wake` after a commit."""

    def __init__(
        self, database: Database, client: redis.Redis, url: str, line: CallbackLine, metrics: Metrics
    ) -> None:
        self._database = database
        self._redis = client
        self._line = line
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._woken = False
        self._not_before = 0.0
        self.on_taken: OnTaken | None = None
        """Hears of the rows taken, in the transaction that takes them; may hear of a row again."""
        blocking = sync_redis.Redis.from_url(url, socket_connect_timeout=1.0, socket_timeout=3.0)
        self._broker = RedisBroker(client=blocking, middleware=[])  # type: ignore[no-untyped-call]
        self._broker.declare_queue("transcription")

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """Publishes for ever; Redis or the database away only makes it wait."""
        failures = 0
        while True:
            try:
                told = await self.publish_batch()
            except (RedisError, SQLAlchemyError, OSError, dramatiq.DramatiqError) as error:
                failures += 1
                self._metrics.relay_failures.inc()
                wait = min(0.25 * 2**failures, LONGEST_BACKOFF) * random.uniform(0.5, 1)  # noqa: S311 - jitter
                log.warning("outbox_waits", error=type(error).__name__, seconds=round(wait, 2))
                await asyncio.sleep(wait)
                continue
            failures = 0
            if told < BATCH:
                await self._pause()

    async def publish_batch(self) -> int:
        """Tells what is waiting, up to a batch; returns how many rows that were."""
        rows = await self._take() if self._woken or await self._something_waits() else []
        self._woken = False
        if not rows:
            return 0
        try:
            await self._tell(rows)
        except BaseException:
            await self._give_back(rows)
            raise
        async with self._database.writing() as session:
            await session.execute(delete(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows])))
        for row in rows:
            self._metrics.published.labels(row.destination).inc()
        self._not_before = time.monotonic() + SPACING_SECONDS
        return len(rows)

    async def waiting(self) -> int:
        """Rows not told yet."""
        async with self._database.reading() as session:
            count = await session.scalar(select(func.count()).select_from(OutboxRow)) or 0
        self._metrics.outbox_waiting.set(count)
        return count

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._wake.wait()
            await asyncio.sleep(max(GATHER_SECONDS, self._not_before - time.monotonic()))
        except TimeoutError:
            pass
        self._woken = self._wake.is_set()
        self._wake.clear()

    async def _something_waits(self) -> bool:
        """Looks without writing: nobody has said that there is anything."""
        async with self._database.reading() as session:
            return await session.scalar(select(OutboxRow.id).where(_free()).limit(1)) is not None

    async def _take(self) -> Sequence[OutboxRow]:
        picked = select(OutboxRow.id).where(_free()).order_by(OutboxRow.id).limit(BATCH)
        if not self._database.is_sqlite:
            picked = picked.with_for_update(skip_locked=True)
        async with self._database.writing() as session:
            rows = await session.scalars(
                update(OutboxRow)
                .where(OutboxRow.id.in_(picked))
                .values(taken_until=now() + LEASE)
                .returning(OutboxRow)
                .execution_options(synchronize_session=False)
            )
            taken = sorted(rows, key=lambda row: row.id)
            if self.on_taken:
                await self.on_taken(session, taken)
            return taken

    async def _give_back(self, rows: Sequence[OutboxRow]) -> None:
        async with self._database.writing() as session:
            await session.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_([row.id for row in rows]))
                .values(taken_until=None)
                .execution_options(synchronize_session=False)
            )

    async def _tell(self, rows: Sequence[OutboxRow]) -> None:
        await self._line.add([row.payload for row in rows if row.destination == "line"])
        jobs = [_message(row) for row in rows if row.destination == "job"]
        if jobs:
            await asyncio.to_thread(self._enqueue, jobs)
        events = [row for row in rows if row.destination == "event"]
        if events:
            pipe = self._redis.pipeline(transaction=False)
            for row in events:
                pipe.xadd(STREAM, _entry(row), maxlen=STREAM_LENGTH, approximate=True)
            await pipe.execute()

    def _enqueue(self, jobs: list[dramatiq.Message[Any]]) -> None:
        for job in jobs:
            self._broker.enqueue(job)


def _free() -> ColumnElement[bool]:
    return or_(OutboxRow.taken_until.is_(None), OutboxRow.taken_until < now())


def _entry(row: OutboxRow) -> dict[Any, Any]:
    return {
        "id": str(row.event_id),
        "type": row.type,
        "at": to_text(row.created_at),
        "data": json.dumps(row.payload, ensure_ascii=False),
    }


def _message(row: OutboxRow) -> dramatiq.Message[Any]:
    return dramatiq.Message(
        queue_name="transcription",
        actor_name=row.type,
        args=(row.payload["recording_id"],),
        kwargs={},
        options={},
        message_id=str(row.event_id),
    )
