"""Work that is done again and again beside the routes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger("casebridge.rounds")


async def every(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Does the work for ever, with so many seconds between two rounds; after one that fails the next comes.

    Args:
        name: What the log calls it.
    """
    while True:
        try:
            await work()
        except (SQLAlchemyError, RedisError, OSError) as error:  # the database, Redis or a disk is away
            log.warning("round_failed", work=name, error=type(error).__name__)
        except Exception:  # a fault of ours must not end the rounds either
            log.exception("round_failed", work=name)
        await asyncio.sleep(seconds)
