"""The live board in a real Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis.asyncio as redis

from call_routing import board as board_module
from call_routing.board import CALLS_KEY, NODES_KEY, Board
from call_routing.live_calls import LiveCall

SINCE = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
CALL = LiveCall("1.1", "+98912•••••67", SINCE, "fa")
OTHER = LiveCall("1.2", "", SINCE)


@pytest.fixture
async def client(own_redis: Any) -> AsyncIterator[redis.Redis]:
    client = redis.Redis.from_url(own_redis.url, decode_responses=True)
    yield client
    await client.aclose()


async def test_the_board_is_exactly_what_each_node_last_said(own_redis: Any, client: redis.Redis) -> None:
    here, there = (Board(own_redis.url, node, list) for node in ("n1", "n2"))
    await here.report([CALL, OTHER])
    await there.report([CALL])
    await here.report([OTHER])
    found = await client.hgetall(CALLS_KEY)
    assert sorted(found) == ["n1/1.2", "n2/1.1"]
    assert json.loads(found["n2/1.1"])["language"] == "fa"
    await here.close()
    assert await client.hkeys(CALLS_KEY) == ["n2/1.1"]
    await there.close()


async def test_a_dead_controllers_calls_vanish(
    own_redis: Any, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, alive = (Board(own_redis.url, node, list) for node in ("dead", "alive"))
    monkeypatch.setattr(board_module, "LIFETIME_MS", 200)
    await dead.report([CALL])
    await asyncio.sleep(0.1)
    await alive.report([CALL])
    await asyncio.sleep(0.15)
    await alive.report([CALL])
    assert await client.hkeys(CALLS_KEY) == ["alive/1.1"]
    assert await client.hkeys(NODES_KEY) == ["alive"]
    await asyncio.sleep(0.3)
    assert await client.exists(CALLS_KEY, NODES_KEY) == 0


async def test_the_board_is_there_again_after_redis_was_away(
    own_redis: Any, client: redis.Redis, eventually: Callable[..., Awaitable[None]]
) -> None:
    board = Board(own_redis.url, "n1", lambda: [CALL])
    keeping = asyncio.create_task(board.keep())
    await eventually(lambda: board.up)
    own_redis.stop()
    board.change()
    await eventually(lambda: not board.up)
    own_redis.start()
    await eventually(lambda: board.up, seconds=10)
    assert await client.hkeys(CALLS_KEY) == ["n1/1.1"]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await board.close()
