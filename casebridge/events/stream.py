"""Events to browsers and services: one reader of the Redis Stream, many listeners (SSE).

A listener that is too slow is sent away; it comes back with Last-Event-ID and misses nothing that
the stream still holds. So does whoever opens more streams than one person has screens for: the oldest
of their own is sent away, since it is most likely to be one that nobody reads any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from casebridge.events.relay import STREAM, STREAM_LENGTH

MAX_LISTENERS = 500
MOST_OF_ONE = 8
"""Streams of one person, or of one service's token, at a time."""
QUEUE_LENGTH = 1000
BLOCK_MS = 5000
RESUME_BATCH = 500

Entries = list[tuple[str, dict[str, str]]]
Answer = list[tuple[str, Entries]]
log = structlog.get_logger("casebridge.stream")


class TooManyListeners(Exception):
    """The process serves as many event streams as it may."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event as listeners get it; `id` is the stream's own, for resuming."""

    id: str
    type: str
    event_id: str
    at: str
    data: str

    @property
    def place(self) -> tuple[int, int]:
        """Its place in the stream, for comparing."""
        return _place(self.id)


class EventStream:
    """Reads the stream once and hands every event to all listeners of this process.

    Args:
        client: For reading back what a listener missed.
        url: Address of Redis; the reader has a connection of its own, since it waits on it.
    """

    def __init__(self, client: redis.Redis, url: str) -> None:
        self._client = client
        self._reader = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=1.0, socket_timeout=BLOCK_MS / 1000 + 5
        )
        self._listeners: dict[asyncio.Queue[StreamEvent | None], str] = {}
        """Who listens, by their queue; the oldest first."""

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    async def run(self) -> None:
        """Reads for ever; goes on after the last event seen when Redis was away."""
        last = "$"
        while True:
            try:
                if last == "$":
                    last = await self._newest()
                answer = await self._reader.xread({STREAM: last}, count=RESUME_BATCH, block=BLOCK_MS)
            except (RedisError, OSError) as error:
                log.warning("stream_waits", error=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            for _, entries in cast("Answer", answer or []):
                for entry_id, fields in entries:
                    last = entry_id
                    self._hand_out(_event(entry_id, fields))

    async def listen(self, who: str, after: str | None) -> AsyncIterator[StreamEvent]:
        """Events after `after` (a stream id), or from now on; ends when the listener is too slow, or has
        opened so many streams since that this one's place is needed.

        Args:
            who: Whose stream it is: the actor of a person or a service.

        Raises TooManyListeners.
        """
        if len(self._listeners) >= MAX_LISTENERS:
            raise TooManyListeners
        self._make_room(who)
        queue: asyncio.Queue[StreamEvent | None] = asyncio.Queue(QUEUE_LENGTH)
        self._listeners[queue] = who
        try:
            place = (0, 0)
            if after:
                async for missed in self._missed(after):
                    place = missed.place
                    yield missed
            while (event := await queue.get()) is not None:
                if event.place > place:
                    yield event
        finally:
            self._listeners.pop(queue, None)

    async def close(self) -> None:
        """Ends all streams and closes the reader."""
        for queue in list(self._listeners):
            self._send_away(queue)
        with contextlib.suppress(RedisError, OSError):
            await self._reader.aclose()

    async def _newest(self) -> str:
        entries = cast("Entries", await self._reader.xrevrange(STREAM, count=1))
        return str(entries[0][0]) if entries else "0-0"

    async def _missed(self, after: str) -> AsyncIterator[StreamEvent]:
        start, seen = after, 0
        while seen <= STREAM_LENGTH * 2:
            try:
                answer = await self._client.xrange(STREAM, min=f"({start}", count=RESUME_BATCH)
            except (RedisError, OSError):
                return
            entries = cast("Entries", answer)
            for entry_id, fields in entries:
                start = entry_id
                yield _event(entry_id, fields)
            seen += len(entries)
            if len(entries) < RESUME_BATCH:
                return

    def _hand_out(self, event: StreamEvent) -> None:
        for queue in list(self._listeners):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._send_away(queue)

    def _make_room(self, who: str) -> None:
        own = [queue for queue, listener in self._listeners.items() if listener == who]
        if len(own) >= MOST_OF_ONE:
            self._send_away(own[0])

    def _send_away(self, queue: asyncio.Queue[StreamEvent | None]) -> None:
        self._listeners.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


def _event(entry_id: str, fields: dict[str, str]) -> StreamEvent:
    return StreamEvent(
        entry_id, fields.get("type", ""), fields.get("id", ""), fields.get("at", ""), fields.get("data", "{}")
    )


def _place(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence)
