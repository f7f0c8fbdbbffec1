"""The database: SQLite in WAL mode by default, PostgreSQL for many bridges; same models, same rules.

Readers and writers have connections of their own. On SQLite writers begin with BEGIN IMMEDIATE on a
single connection of this process: they queue here, in order, instead of meeting SQLITE_BUSY in the
middle of a transaction that began by reading. `synchronous=FULL` makes a commit survive a power cut,
so a receipt given after it is true. Errors do not quote what was to be written: they end in logs.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from casebridge.one_trip import one_trip_connector

BUSY_SECONDS = 15
"""How long a writer waits for another process's transaction before it gives up (503)."""


RESTED_SECONDS = 5.0
"""After so long a connection to PostgreSQL is asked whether it still lives."""


def insert_into(session: AsyncSession, table: Any) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of the session's own database: it can be told what to do where the row is there already.

    Args:
        table: A mapped class or a table.
    """
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    return insert(table)


def is_sqlite(session: AsyncSession) -> bool:
    """Whether a session speaks to SQLite, otherwise to PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


class Database:
    """Engines and sessions of one bridge process.

    Args:
        url: SQLAlchemy URL with an async driver (`sqlite+aiosqlite`, `postgresql+asyncpg`).
        pool: Connections kept for readers (and for writers on PostgreSQL).
    """

    def __init__(self, url: str, *, pool: int = 8) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            file = make_url(url).database
            if file:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            self._reader = _sqlite_engine(url, pool, "BEGIN")
            self._writer = _sqlite_engine(url, 1, "BEGIN IMMEDIATE")
        else:
            self._reader = self._writer = _postgres_engine(url, pool)
        self._reading = async_sessionmaker(self._reader, expire_on_commit=False, autoflush=False)
        self._writing = async_sessionmaker(self._writer, expire_on_commit=False)

    @property
    def engine(self) -> AsyncEngine:
        """The writers' engine."""
        return self._writer

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session to read in; nothing written in it is kept."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction: kept, durably, when the block ends; undone when it raises."""
        async with self._writing() as session, session.begin():
            yield session

    async def check(self) -> None:
        """Raises where the database does not answer."""
        async with self._reader.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes all connections."""
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()


def _postgres_engine(url: str, pool: int) -> AsyncEngine:
    """Looks whether a connection still lives before it is used. One whose server went away says so itself;
    only what has rested, and may have been forgotten on its way, is asked: that takes three trips."""
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=pool,
        hide_parameters=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": 5, "command_timeout": 30},
    )

    @event.listens_for(engine.sync_engine, "checkin")
    def rest(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        raw: Any = record.driver_connection
        if raw.is_closed():
            raise InvalidatePoolError
        rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
        if rested < RESTED_SECONDS:
            return
        try:
            connection.ping()
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return engine


def _sqlite_engine(url: str, pool: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        async_creator=one_trip_connector(make_url(url).database or ":memory:", timeout=BUSY_SECONDS),
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.begin(begin)

    return engine
