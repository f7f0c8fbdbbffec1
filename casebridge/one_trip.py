"""SQLite behind one trip to its thread a statement.

aiosqlite makes four (cursor, execute, fetch, close), and a trip, two switches between threads, costs more
than most of our statements. A transaction of an intake has a dozen of them. What SQLAlchemy reads to the
end anyway is fetched where it was executed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aiosqlite

_ROWS_AT_ONCE = 64
_Answer = tuple[list[Any], Any, int, int | None]


def one_trip_connector(file: str, *, timeout: float) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What opens connections to a file, for `create_async_engine(async_creator=…)`.

    Args:
        timeout: Seconds to wait for another process's lock.

    Transactions begin by statement alone (`isolation_level=None`).
    """

    def connect() -> Awaitable[aiosqlite.Connection]:
        connection = OneTripConnection(
            lambda: sqlite3.connect(file, timeout=timeout, isolation_level=None), _ROWS_AT_ONCE
        )
        connection._thread.daemon = True  # a bridge that ends does not wait for it, as SQLAlchemy has it
        return connection

    return connect


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors answer a statement whole."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        """A cursor; SQLite is not asked for it before it executes."""
        return OneTripCursor(self)

    async def rollback(self) -> None:
        """Undo what is open; where nothing is, SQLite need not be asked."""
        if self._conn.in_transaction:
            await super().rollback()

    async def run(self, work: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """Work in the connection's thread."""
        answer: _Answer = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return answer


class OneTripCursor:
    """A statement and its whole result (PEP 249, as far as SQLAlchemy's adapter asks)."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute, and fetch what it gives. Raises sqlite3's errors."""
        return self._take(await self._connection.run(lambda raw: _answer(raw.execute(sql, parameters))))

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Execute for each; nothing is given. Raises sqlite3's errors."""
        return self._take(await self._connection.run(lambda raw: _answer(raw.executemany(sql, parameters))))

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return self._rows.pop(0) if self._rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        size = self.arraysize if size is None else size
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    def _take(self, answer: _Answer) -> Self:
        self._rows, self.description, self.rowcount, self.lastrowid = answer
        return self


def _answer(cursor: sqlite3.Cursor) -> _Answer:
    rows = cursor.fetchall() if cursor.description else []
    answer = (rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    cursor.close()
    return answer
