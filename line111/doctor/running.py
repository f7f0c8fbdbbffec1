"""The programs of the node while they run: each is asked as its users would ask it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from line111.doctor.finding import Finding, Look, fault, warning, well
from line111.probes import NotWell
from line111.programs import Program
from line111.settings import PROJECT, Settings
from line111.states import link_to

_MIGRATIONS = PROJECT / "casebridge" / "migrations"
_START = "start it with `line111 up` (or its systemd unit)"


def manager(settings: Settings) -> Finding:
    """Whether `line111 up` is running here."""
    if link_to(settings).answers():
        return well("`line111 up` is running")
    return warning("`line111 up` is not running here", "start it, unless systemd starts the programs")


def asks(program: Program) -> Look:
    """A look at one program."""

    def look(settings: Settings) -> Finding:
        try:
            return well(f"{program.probe(settings)}, at {program.where(settings)}")
        except (NotWell, OSError) as error:
            return fault(str(error), f"{_START}; if it is started, `line111 logs {program.name}` says why")

    look.__doc__ = program.what
    return look


def database(settings: Settings) -> Finding:
    """The database answers, and its tables are as this version needs them."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not _sqlite_exists(settings):
        return fault(f"{url.database} is missing", "run `line111 setup`")
    try:
        there = asyncio.run(_revisions(settings.database_url))
    except (SQLAlchemyError, OSError) as error:
        words = str(error).splitlines()[0]
        return fault(
            f"no answer from {url.render_as_string()}: {words}",
            "look at its server and at LINE111_BRIDGE__DATABASE_URL",
        )
    wanted = _newest_revisions()
    if there != wanted:
        state = ", ".join(sorted(there)) or "none"
        return fault(
            f"its tables are of revision {state}, not {', '.join(sorted(wanted))}",
            "run `line111 bridge migrate`",
        )
    return well(f"{url.get_backend_name()}, tables of revision {', '.join(sorted(wanted))}")


def _sqlite_exists(settings: Settings) -> bool:
    return Path(make_url(settings.database_url).database or "").is_file()


def _newest_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return set(ScriptDirectory(str(_MIGRATIONS)).get_heads())


async def _revisions(url: str) -> set[str]:
    from alembic.runtime.migration import MigrationContext

    def heads(connection: Connection) -> set[str]:
        return set(MigrationContext.configure(connection).get_current_heads())

    engine = create_async_engine(url)
    try:
        async with asyncio.timeout(10), engine.connect() as connection:
            return await connection.run_sync(heads)
    finally:
        await engine.dispose()
