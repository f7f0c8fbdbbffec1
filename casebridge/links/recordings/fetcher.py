"""The fetcher: gets the recordings other centres have told of, piece by piece, until each is here whole.

Each centre has a worker of its own while something is awaited from it. A recording is taken with a lease and
fetched outside of any transaction; what has come stays on disk, encrypted, so that a go that was broken off,
here or there, is gone on with where it ended. Several bridges may run one each.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from casebridge.bridge import Bridge
from casebridge.cases import history
from casebridge.events import service as events
from casebridge.links.fan_out import CENTRE
from casebridge.links.recordings.models import AwaitedRecording
from casebridge.links.rules import is_given_up, link_actor, wait_before_next
from casebridge.links.samad.interface import NeighbourAway, NeighbourRefuses
from casebridge.links.workers import Workers
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.schemas import RecordingState
from casebridge.recordings.sealed import CHUNK, InOtherHands, WrongContent
from casebridge.recordings.service import mark_held
from line111.clock import now

IDLE_SECONDS: Final = 1.0
log = structlog.get_logger("casebridge.links")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recording in hand."""

    id: UUID
    case_id: UUID
    source: str
    size: int
    sha256: str
    attempts: int
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a recording is not here yet.

    Args:
        gone: It can't be had from there, however often it is asked for.
        moved: A piece has come meanwhile that need not come again.
    """

    error: str
    gone: bool = False
    moved: bool = False
    retry_after: float | None = None


class Fetcher:
    """Fetches what one database awaits. `run` until cancelled."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._database = bridge.database
        self._settings = bridge.settings.links
        self._workers = Workers(self._drain, "recordings_wait")

    async def run(self) -> None:
        """Fetches for ever; a centre or the database away only makes it wait."""
        try:
            while True:
                try:
                    await self._start_workers()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("recordings_wait", error=type(error).__name__)
                await asyncio.sleep(min(IDLE_SECONDS, self._settings.longest_wait_seconds))
        finally:
            await self._workers.end()

    async def fetch_next(self, source: str) -> bool:
        """Tries the recording that has waited longest for a centre; returns whether there was one."""
        wanted = await self._take(source)
        if wanted is None:
            return False
        got = await self._fetch(wanted)
        if isinstance(got, int):
            await self._hold(wanted, got)
        elif got.gone or self._is_given_up(wanted, got):
            await self._give_up(wanted, got)
        else:
            await self._put_back(wanted, got)
        return True

    async def _start_workers(self) -> None:
        async with self._database.reading() as session:
            sources = list(await session.scalars(select(AwaitedRecording.source).where(_due()).distinct()))
        self._workers.see_to(sources)

    async def _drain(self, source: str) -> None:
        while await self.fetch_next(source):
            pass

    async def _take(self, source: str) -> Wanted | None:
        picked: Any = (
            select(AwaitedRecording.recording_id)
            .where(AwaitedRecording.source == source, _due())
            .order_by(AwaitedRecording.next_at)
            .limit(1)
        )
        if not self._database.is_sqlite:
            picked = picked.with_for_update(skip_locked=True)
        lease = now() + timedelta(seconds=self._settings.lease_seconds)
        async with self._database.writing() as session:
            taken = await session.scalar(
                update(AwaitedRecording)
                .where(AwaitedRecording.recording_id.in_(picked), _due())
                .values(taken_until=lease)
                .returning(AwaitedRecording)
                .execution_options(synchronize_session=False)
            )
            if taken is None:
                return None
            row = await session.get_one(RecordingRow, taken.recording_id)
            return Wanted(
                row.id, row.case_id, source, row.bytes, row.sha256, taken.attempts, taken.created_at
            )

    async def _fetch(self, wanted: Wanted) -> int | Failure:
        """One go; gives the number of the key the sound lies under, or why it does not."""
        centre = self._bridge.neighbours.centres.get(wanted.source.removeprefix(CENTRE))
        if centre is None:
            return Failure("no such link is configured")
        came = 0

        async def rest_from(start: int) -> AsyncGenerator[bytes]:
            nonlocal came
            async with aclosing(centre.sound(wanted.case_id, wanted.id, start, wanted.size)) as pieces:
                async for piece in pieces:
                    came += len(piece)
                    yield piece

        try:
            async with asyncio.timeout(max(self._settings.lease_seconds * 0.8, 0.1)):
                return await self._bridge.store.keep_growing(
                    wanted.id, rest_from, size=wanted.size, sha256=wanted.sha256
                )
        except NeighbourRefuses as error:
            return Failure(str(error), gone=True)
        except NeighbourAway as error:
            return Failure(str(error), moved=came >= CHUNK, retry_after=error.retry_after)
        except TimeoutError:
            return Failure("not whole in time", moved=came >= CHUNK)
        except (WrongContent, InOtherHands, OSError) as error:
            return Failure(f"{type(error).__name__}: {error}")
        except Exception as error:  # one recording that makes us stumble must not stop the others
            log.exception("recording_failed", recording=str(wanted.id), source=wanted.source)
            return Failure(type(error).__name__)

    def _is_given_up(self, wanted: Wanted, failure: Failure) -> bool:
        age = timedelta(hours=self._settings.give_up_hours)
        return not failure.moved and is_given_up(wanted.told_at, now(), age)

    async def _hold(self, wanted: Wanted, key_number: int) -> None:
        async with self._database.writing() as session:
            await mark_held(session, wanted.id, key_number, link_actor(wanted.source))
            await session.execute(delete(AwaitedRecording).where(AwaitedRecording.recording_id == wanted.id))
        self._told("held")

    async def _give_up(self, wanted: Wanted, failure: Failure) -> None:
        """The recording gets the state `absent`; what had come of it goes."""
        log.error("recording_absent", recording=str(wanted.id), source=wanted.source, error=failure.error)
        await asyncio.to_thread(self._bridge.store.remove, wanted.id)
        async with self._database.writing() as session:
            await session.execute(
                update(RecordingRow)
                .where(RecordingRow.id == wanted.id, RecordingRow.state == RecordingState.EXPECTED.value)
                .values(state=RecordingState.ABSENT.value)
            )
            await _note(session, wanted, next_at=None, last_error=failure.error[:300])
            actor = link_actor(wanted.source)
            await history.add(session, wanted.case_id, "recording_absent", actor, recording_id=str(wanted.id))
            told = events.event("recording.absent", recording_id=wanted.id, case_id=wanted.case_id)
            await events.add(session, told)
        self._told("absent")

    async def _put_back(self, wanted: Wanted, failure: Failure) -> None:
        attempts = 1 if failure.moved else wanted.attempts + 1
        wait = wait_before_next(
            attempts,
            first=self._settings.first_wait_seconds,
            longest=self._settings.longest_wait_seconds,
            chance=random.random(),  # noqa: S311 - jitter
        )
        if failure.retry_after is not None:
            wait = max(wait, timedelta(seconds=failure.retry_after))
        log.warning("recording_waits", source=wanted.source, attempts=attempts, error=failure.error)
        async with self._database.writing() as session:
            await _note(session, wanted, attempts=attempts, next_at=now() + wait,
                        last_error=failure.error[:300])  # fmt: skip
        self._told("waits")

    def _told(self, outcome: str) -> None:
        self._bridge.link_metrics.received.labels("recording", outcome).inc()
        self._bridge.relay.wake()


async def _note(session: Any, wanted: Wanted, **values: Any) -> None:
    await session.execute(
        update(AwaitedRecording)
        .where(AwaitedRecording.recording_id == wanted.id)
        .values(taken_until=None, **values)
    )


def _due() -> ColumnElement[bool]:
    free = or_(AwaitedRecording.taken_until.is_(None), AwaitedRecording.taken_until < now())
    return and_(AwaitedRecording.next_at <= now(), free)
