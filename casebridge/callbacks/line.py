"""The callback line's index in Redis. The database is the truth: what stands here wrongly is only
looked up in vain, and what is missing here is put back from there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterable, Sequence
from importlib.resources import files
from typing import Any, cast

import redis.asyncio as redis

from line111.clock import now

PREFIX = "line111:callbacks:"
EPOCH, LATER, ENTRIES, IN_HAND, QUEUES = (
    PREFIX + name for name in ("epoch", "later", "entries", "in_hand", "queues")
)
LINE = PREFIX + "line:"
IN_HAND_MS = 15_000
"""Time between taking an id here and having claimed it in the database."""


class IndexLost(Exception):
    """Redis has lost the index (restarted empty, flushed): it must be rebuilt from the database."""


class CallbackLine:
    """Sorted sets that answer "who is next" at a cost that does not grow with the line."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._claim = client.register_script((files("casebridge.callbacks") / "claim.lua").read_text())

    async def add(self, entries: Sequence[dict[str, Any]]) -> None:
        """Puts callbacks in line: `id`, `arrived_ms`, `due_ms`, `queue`. Repeating it changes nothing; one
        whose wished time has become another moves."""
        if not entries:
            return
        moment = int(now().timestamp() * 1000)
        lines: dict[str, dict[str, int]] = defaultdict(dict)
        left: dict[str, list[str]] = defaultdict(list)
        for entry in entries:
            line = LINE + entry["queue"]
            if entry["due_ms"] <= moment:
                lines[line][entry["id"]] = entry["arrived_ms"]
                left[LATER].append(entry["id"])
            else:
                lines[LATER][entry["id"]] = entry["due_ms"]
                left[line].append(entry["id"])
        facts = {entry["id"]: f"{entry['arrived_ms']} {entry['queue']}" for entry in entries}
        pipe = self._redis.pipeline(transaction=True)
        pipe.hset(ENTRIES, mapping=facts)
        pipe.sadd(QUEUES, *{entry["queue"] for entry in entries})
        for name, ids in left.items():
            pipe.zrem(name, *ids)
        for name, scores in lines.items():
            pipe.zadd(name, scores)
        await pipe.execute()

    async def take(self, queues: Sequence[str] | None) -> str | None:
        """The id whose turn it is, kept for the taker for some seconds; None where nobody waits.

        Raises IndexLost, or RedisError where Redis does not answer.
        """
        answer = await self._claim(
            keys=[EPOCH, LATER, ENTRIES, IN_HAND, QUEUES],
            args=[LINE, int(now().timestamp() * 1000), IN_HAND_MS, *(queues or [])],
        )
        if answer[0] == "lost":
            raise IndexLost
        return str(answer[1]) if answer[0] == "taken" else None

    async def taken(self, callback_id: str) -> None:
        """The database knows the taker: nothing is left to do here."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.zrem(IN_HAND, callback_id)
        pipe.hdel(ENTRIES, callback_id)
        await pipe.execute()

    async def drop(self, callback_id: str) -> None:
        """The database says it does not wait any more."""
        await self._redis.zrem(IN_HAND, callback_id)

    async def rebuild(self, batches: AsyncIterable[Sequence[dict[str, Any]]]) -> int:
        """Puts all that wait in line and calls the index whole; returns how many they are.

        Safe beside others doing the same and beside callbacks that arrive meanwhile.
        """
        epoch = await self._run_id()
        count = 0
        async for batch in batches:
            await self.add(batch)
            count += len(batch)
        await self._redis.set(EPOCH, epoch)
        return count

    async def is_whole(self, waiting: int) -> bool:
        """Whether this is the Redis process the index was built in and it holds `waiting` callbacks.

        A Redis that restarts from an old snapshot has an index, but not today's.
        """
        if await self._redis.get(EPOCH) != await self._run_id():
            return False
        return await self.length() >= waiting

    async def length(self) -> int:
        """How many stand in the index."""
        queues = cast("set[str]", await self._redis.smembers(QUEUES))
        pipe = self._redis.pipeline(transaction=True)
        pipe.zcard(LATER)
        pipe.zcard(IN_HAND)
        for queue in queues:
            pipe.zcard(LINE + queue)
        return sum(await pipe.execute())

    async def _run_id(self) -> str:
        return str((await self._redis.info("server"))["run_id"])
