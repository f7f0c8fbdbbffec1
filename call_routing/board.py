"""Writes the calls on the line into Redis, for the screens; a dead controller's data vanishes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import redis.asyncio as redis
from redis.exceptions import RedisError

from call_routing.backoff import Backoff
from call_routing.live_calls import LiveCall
from line111 import clock

log = logging.getLogger(__name__)

CALLS_KEY = "line111:live:calls"
"""Hash: `<node>/<call id>` → JSON of a call (see `LiveCall.as_json`). Missing where there is no call."""
NODES_KEY = "line111:live:nodes"
"""Hash: node → epoch milliseconds its report is good until. Missing where no controller runs."""
LIFETIME_MS = 15_000

_SCRIPT = Path(__file__).with_name("live_calls.lua").read_text()
_REFRESH = 5.0
_PAUSE = 0.2  # seconds; many events in a moment become one report


class Board:
    """Reports when something changed, and every few seconds anyway.

    Args:
        url: of Redis.
        node: this node's name.
        calls: gives the calls now.
    """

    def __init__(self, url: str, node: str, calls: Callable[[], list[LiveCall]]) -> None:
        self.up = False
        """Whether the last report reached Redis."""
        self._node = node.replace("/", "-")
        self._calls = calls
        self._changed = asyncio.Event()
        self._redis = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
        self._script = self._redis.register_script(_SCRIPT)

    def change(self) -> None:
        """Something changed: report soon."""
        self._changed.set()

    async def keep(self) -> None:
        """Report until cancelled, trying again with growing pauses while Redis is away."""
        backoff = Backoff(0.5, 10.0)
        while True:
            try:
                await self.report(self._calls())
            except (RedisError, OSError) as error:
                if self.up or backoff.failures == 0:
                    log.warning("the live board cannot be written: %s", error)
                self.up = False
                await asyncio.sleep(backoff.next())
                continue
            self.up = True
            backoff.reset()
            await self._wait()

    async def report(self, calls: list[LiveCall]) -> None:
        """Make this node's part of the board exactly these calls. Raises RedisError, OSError."""
        pairs = [part for call in calls for part in (call.call_id, call.as_json(self._node))]
        now = int(clock.now().timestamp() * 1000)
        await self._script(keys=[CALLS_KEY, NODES_KEY], args=[self._node, now, LIFETIME_MS, *pairs])

    async def close(self) -> None:
        """Take this node off the board, if Redis is there, and end the connection."""
        try:
            await self.report([])
            await self._redis.hdel(NODES_KEY, self._node)
        except (RedisError, OSError) as error:
            log.warning("the live board keeps our calls until they expire: %s", error)
        await self._redis.aclose()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_REFRESH):
                await self._changed.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_PAUSE)
        self._changed.clear()
