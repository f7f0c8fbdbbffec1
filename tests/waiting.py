"""Waiting for what is promised: as long as a busy machine may need, and no longer than it takes."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest
import redis

T = TypeVar("T")
_BETWEEN = 0.05


def wait_for(check: Callable[[], T], seconds: float = 30, what: str = "it") -> T:
    """Asks until the answer is true, and returns it; fails the test after `seconds`.

    One who can't be asked yet has not said no: Redis, HTTP and files may still be on their way.
    """
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, redis.RedisError, httpx.HTTPError):
            if answer := check():
                return answer
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s for {what}")
        time.sleep(_BETWEEN)


async def until(check: Callable[[], T | Awaitable[T]], what: str = "it", seconds: float = 30) -> Any:
    """As `wait_for`, while the loop turns; the answer may have to be awaited."""
    end = time.monotonic() + seconds
    while True:
        answer = check()
        if found := (await answer if inspect.isawaitable(answer) else answer):
            return found
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s for {what}")
        await asyncio.sleep(_BETWEEN)
