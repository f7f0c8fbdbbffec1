"""A PostgreSQL that was restarted is used again at once; a connection is not asked before each question."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from casebridge import database as subject
from casebridge.database import Database


@pytest.fixture
async def database(postgres_url: str) -> Any:
    """A database on PostgreSQL with one connection."""
    made = Database(postgres_url, pool=1)
    yield made
    await made.close()


async def _backend(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)


async def _end(url: str, backend: int) -> None:
    other = Database(url, pool=1)
    async with other.reading() as session:
        await session.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
    await other.close()


@pytest.mark.parametrize("rested", [5.0, 0.0])
async def test_a_connection_that_was_ended_is_replaced_before_the_next_question(
    database: Database, monkeypatch: pytest.MonkeyPatch, rested: float
) -> None:
    monkeypatch.setattr(subject, "RESTED_SECONDS", rested)
    first = await _backend(database)
    assert await _backend(database) == first
    await _end(database.url, first)
    assert await _backend(database) != first
