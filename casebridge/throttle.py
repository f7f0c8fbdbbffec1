"""How often something may be tried: counted in Redis for all bridges, in memory while Redis is away."""

from __future__ import annotations

import contextlib
import time

import redis.asyncio as redis
from redis.exceptions import RedisError

from casebridge.crypto import keyed_hash
from casebridge.problems import Problem

PREFIX = "line111:throttle:"
REMEMBERED = 10_000


class Throttle:
    """Counts attempts in fixed windows. What is counted is stored as a keyed hash only.

    Args:
        client: Redis.
        key: Secret for the hash.
    """

    def __init__(self, client: redis.Redis, key: str) -> None:
        self._redis = client
        self._key = key
        self._memory: dict[str, tuple[float, int]] = {}

    async def attempt(self, what: str, subject: str, *, limit: int, seconds: int) -> None:
        """Counts one attempt. Raises Problem `too_many_attempts` beyond `limit` in `seconds`."""
        name = self._name(what, subject)
        try:
            pipe = self._redis.pipeline(transaction=True)
            pipe.incr(name)
            pipe.expire(name, seconds, nx=True)
            count = int((await pipe.execute())[0])
        except (RedisError, OSError):
            count = self._in_memory(name, seconds)
        if count > limit:
            raise Problem("too_many_attempts", headers={"Retry-After": str(seconds)})

    async def forgive(self, what: str, subject: str) -> None:
        """Takes an attempt back that turned out to be right: only what is wrong is to be slowed down."""
        name = self._name(what, subject)
        until, count = self._memory.get(name, (0.0, 0))
        if count:
            self._memory[name] = until, count - 1
        with contextlib.suppress(RedisError, OSError):
            if await self._redis.exists(name):
                await self._redis.decr(name)

    def _name(self, what: str, subject: str) -> str:
        return PREFIX + what + ":" + keyed_hash(self._key, what, subject).hex()[:32]

    def _in_memory(self, name: str, seconds: int) -> int:
        moment = time.monotonic()
        until, count = self._memory.get(name, (0.0, 0))
        if until < moment:
            until, count = moment + seconds, 0
        if len(self._memory) > REMEMBERED:
            self._memory.clear()
        self._memory[name] = until, count + 1
        return count + 1
