"""Bringing a database to today's shape, or to any other."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

HEAD = "head"


def config(url: str) -> Config:
    """Alembic's configuration for a database, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = HEAD) -> None:
    """Migrates up to a revision. Doing it again changes nothing. Not to be called in an event loop."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrates down to a revision (`base`: nothing is left)."""
    command.downgrade(config(url), revision)
