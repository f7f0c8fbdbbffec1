"""Durable acceptance with group commit: requests that come together share one transaction.

A commit costs a flush of the disk. While one is under way, the next records gather; they share the
next. Nobody is answered before the commit that holds their record has returned.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, StatementError

from casebridge.intakes.reading import Prepared, prepare
from casebridge.intakes.schemas import Record
from casebridge.intakes.service import Accepted, BatchWriter
from casebridge.problems import Problem

if TYPE_CHECKING:
    from casebridge.bridge import Bridge

MAX_BATCH = 64
MAX_WAITING = 5_000
"""Records waiting for a commit before newcomers are told to come later."""
RETRIES = 3
Place = tuple[Prepared, "asyncio.Future[Accepted]"]
log = structlog.get_logger("casebridge.acceptance")


class Acceptance:
    """The one way records enter the database. `run` must be running."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._queue: asyncio.Queue[Place] = asyncio.Queue(MAX_WAITING)
        self._writer = BatchWriter(bridge.codes, ZoneInfo(bridge.settings.country_timezone))

    async def accept(self, record: Record) -> Accepted:
        """Returns when the record is on disk. Raises Problem."""
        begun = time.monotonic()
        metrics = self._bridge.metrics
        prepared = prepare(
            record,
            self._bridge.keys,
            sealing_private=self._bridge.sealing_private,
            lookup_key=self._bridge.lookup_key,
        )
        future: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((prepared, future))
        except asyncio.QueueFull:
            raise Problem("unavailable", headers={"Retry-After": "2"}) from None
        try:
            accepted = await future
        except Problem as problem:
            metrics.records.labels(record.type, problem.code).inc()
            raise
        metrics.records.labels(record.type, "new" if accepted.created else "again").inc()
        if accepted.created and record.type == "intake" and accepted.receipt.tracking_code is None:
            metrics.quarantined.inc()
        metrics.accept_seconds.observe(time.monotonic() - begun)
        return accepted

    async def run(self) -> None:
        """Commits for ever; on PostgreSQL several commits are under way at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(1 if self._bridge.database.is_sqlite else 2):
                group.create_task(self._commit_for_ever())

    async def _commit_for_ever(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            batch = [place for place in batch if not place[1].done()]  # those who hung up
            try:
                await self._commit(batch)
            except asyncio.CancelledError:
                for _, future in batch:
                    future.cancel()
                raise
            except Exception as error:  # each waiting request must hear of it, whatever it is
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)

    async def _commit(self, batch: list[Place]) -> None:
        if not batch:
            return
        try:
            await self._write(batch)
        except (OperationalError, InterfaceError):
            raise  # the database is away: that is everybody's matter
        except StatementError:  # one of them is not accepted: the others must not suffer
            for place in batch:
                await self._alone(place)
        self._bridge.relay.wake()

    async def _write(self, batch: list[Place]) -> None:
        async with self._bridge.database.writing() as session:
            answers = await self._writer.write(session, [prepared for prepared, _ in batch])
        self._bridge.metrics.batch.observe(len(batch))
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Problem):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _alone(self, place: Place) -> None:
        """Another bridge wrote the same record, code or applicant: read again what is there."""
        for attempt in range(RETRIES):
            try:
                await self._write([place])
            except IntegrityError as error:
                log.warning("written_elsewhere", attempt=attempt, error=type(error.orig).__name__)
                if attempt == RETRIES - 1 and not place[1].done():
                    place[1].set_exception(error)
            except Exception as error:  # only this request's matter
                if not place[1].done():
                    place[1].set_exception(error)
                return
            else:
                return
