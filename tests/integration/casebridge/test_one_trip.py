"""SQLite is asked as rarely as can be, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from casebridge.database import Database
from casebridge.one_trip import OneTripConnection


@pytest.fixture
async def database(tmp_path: Path) -> Any:
    """A database with one empty table."""
    made = Database(f"sqlite+aiosqlite:///{tmp_path}/trips.sqlite3")
    async with made.writing() as session:
        await session.execute(text("CREATE TABLE kept (word TEXT)"))
    yield made
    await made.close()


async def _words(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT word FROM kept ORDER BY rowid")))


async def _fail_after(database: Database, word: str) -> None:
    async with database.writing() as session:
        await session.execute(text("INSERT INTO kept VALUES (:word)"), {"word": word})
        raise ZeroDivisionError


async def test_a_session_with_one_question_waits_for_one_trip(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _words(database)  # opens the connection
    trips = []
    asked = OneTripConnection._execute

    async def counted(self: Any, work: Any, *given: Any) -> Any:
        trips.append(work)
        return await asked(self, work, *given)

    monkeypatch.setattr(OneTripConnection, "_execute", counted)
    await _words(database)
    assert len(trips) == 1
    async with database.reading():
        pass
    assert len(trips) == 1


async def test_what_was_undone_is_gone_for_whoever_asks_next(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(text("INSERT INTO kept VALUES ('first')"))
    for number in range(20):
        with pytest.raises(ZeroDivisionError):
            await _fail_after(database, str(number))
        assert await _words(database) == ["first"]
    async with database.writing() as session:
        await session.execute(text("INSERT INTO kept VALUES ('second')"))
    assert await _words(database) == ["first", "second"]


async def test_a_reader_sees_one_moment_from_its_first_question_on(database: Database) -> None:
    count = text("SELECT count(*) FROM kept")
    async with database.reading() as reader:
        assert await reader.scalar(count) == 0
        async with database.writing() as writer:
            await writer.execute(text("INSERT INTO kept VALUES ('since')"))
        assert await reader.scalar(count) == 0
    assert await _words(database) == ["since"]


async def test_nothing_read_in_a_session_for_reading_is_written(database: Database) -> None:
    async with database.reading() as session:
        await session.execute(text("INSERT INTO kept VALUES ('by mistake')"))
    assert await _words(database) == []
