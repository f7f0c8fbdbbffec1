"""SQLite behind one trip to its thread a statement.

aiosqlite makes four (cursor, execute, fetch, close), and a trip, two switches between threads, costs more
than most of our statements. A transaction of an intake has a dozen of them. What SQLAlchemy reads to the
end anyway is fetched where it was executed; a transaction begins on the trip of its first statement, and
nobody waits for its undoing: a session that asks one question makes one trip.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

_ROWS_AT_ONCE = 64
_Answer = tuple[list[Any], Any, int, int | None]
_Work = Callable[[sqlite3.Connection], _Answer]


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

    _opening: str | None = None
    """What a transaction begins with, until its first statement takes it along."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        """A cursor; SQLite is not asked for it before it executes."""
        return OneTripCursor(self)

    def begin(self, statement: str) -> None:
        """Begin a transaction with the next statement."""
        self._opening = statement

    async def commit(self) -> None:
        """Keep what was written; SQLite is not asked where nothing has begun."""
        if self._opening is None:
            await super().commit()
        self._opening = None

    async def rollback(self) -> None:
        """Undo what is open. It is not waited for: what this connection is asked next comes after it."""
        if self._opening is None and self._conn.in_transaction:
            self._tx.put_nowait((None, self._conn.rollback))
        self._opening = None

    async def run(self, work: _Work) -> _Answer:
        """Work in the connection's thread."""
        if self._opening is not None:
            work, self._opening = partial(_opened, self._opening, work), None
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


def _opened(opening: str, work: _Work, raw: sqlite3.Connection) -> _Answer:
    raw.execute(opening)
    return work(raw)


def _answer(cursor: sqlite3.Cursor) -> _Answer:
    rows = cursor.fetchall() if cursor.description else []
    answer = (rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    cursor.close()
    return answer
