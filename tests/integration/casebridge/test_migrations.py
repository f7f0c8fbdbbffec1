"""The database's shape follows the code, forwards and backwards, on both databases."""

from __future__ import annotations

import asyncio

from alembic import command
from sqlalchemy import create_engine, inspect, text

from casebridge.database import Database
from casebridge.migrate import config, downgrade, upgrade
from casebridge.schema import METADATA
from casebridge.search.models import kept_by_the_database


def tables(url: str) -> set[str]:
    """Names of the tables, but for Alembic's own."""
    driver = url.replace("+aiosqlite", "")
    if driver.startswith("postgresql"):
        return set(_postgres_tables(url))
    engine = create_engine(driver)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return {name for name in names if not kept_by_the_database(name, "table")} - {"alembic_version"}


def _postgres_tables(url: str) -> list[str]:
    async def ask() -> list[str]:
        database = Database(url)
        async with database.reading() as session:
            rows = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            names = [name for name in rows if name != "alembic_version"]
        await database.close()
        return names

    return asyncio.run(ask())


def test_migrations_lead_to_what_the_code_expects_and_back(database_url: str) -> None:
    upgrade(database_url)
    assert tables(database_url) == set(METADATA.tables)
    command.check(config(database_url))  # autogenerate finds nothing to do
    upgrade(database_url)
    downgrade(database_url, "base")
    assert tables(database_url) == set()
    upgrade(database_url)
    assert tables(database_url) == set(METADATA.tables)
