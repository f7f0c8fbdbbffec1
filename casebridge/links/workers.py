"""A worker for each neighbour while something is due with it: one that is slow delays nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger("casebridge.links")


class Workers:
    """Those at work now, by neighbour.

    Args:
        drain: Does what is due with one neighbour, and returns.
        waits: What the log calls it where the database or the disk is away; the next round comes.
    """

    def __init__(self, drain: Callable[[str], Awaitable[None]], waits: str) -> None:
        self._drain = drain
        self._waits = waits
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def see_to(self, neighbours: Iterable[str]) -> None:
        """Starts a worker for each neighbour that has none."""
        self._tasks = {name: task for name, task in self._tasks.items() if not task.done()}
        for neighbour in neighbours:
            if neighbour not in self._tasks:
                self._tasks[neighbour] = asyncio.create_task(self._work(neighbour))

    async def end(self) -> None:
        """Cancels all and waits for them."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _work(self, neighbour: str) -> None:
        try:
            await self._drain(neighbour)
        except (SQLAlchemyError, OSError) as error:
            log.warning(self._waits, neighbour=neighbour, error=type(error).__name__)
