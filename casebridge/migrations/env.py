"""How Alembic reaches the database: the same engines and pragmas as the bridge."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from casebridge.database import Database
from casebridge.schema import METADATA
from casebridge.search.models import kept_by_the_database


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        include_object=lambda _thing, name, kind, *_: not kept_by_the_database(name, kind),
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    database = Database(context.config.get_main_option("sqlalchemy.url") or "")
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await database.close()


connection = context.config.attributes.get("connection")
if connection is not None:
    _run(connection)
else:
    asyncio.run(_online())
