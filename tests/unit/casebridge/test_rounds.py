"""Work beside the routes goes on, whatever a round meets."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import RedisError

from casebridge.rounds import every


@pytest.mark.parametrize("fault", [RedisError("away"), OSError("disk"), ValueError("a fault of ours")])
async def test_after_a_round_that_fails_the_next_one_comes(fault: Exception) -> None:
    rounds: list[int] = []
    came = asyncio.Event()

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise fault
        came.set()

    task = asyncio.create_task(every(0.01, "a test", work))
    try:
        await asyncio.wait_for(came.wait(), 30)
    finally:
        task.cancel()
    assert rounds[:2] == [0, 1]
