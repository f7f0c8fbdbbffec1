"""Commands of the bridge: `python -m casebridge …`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, TextIO

import typer

from casebridge import migrate as migrations
from casebridge import rotation, serving
from casebridge.app import create_app
from casebridge.cases.life import dot
from casebridge.country.newcomers import bring_in
from casebridge.country.schemas import OfficialLine, RowError, Sheet
from casebridge.country.seeding import seed
from casebridge.country.sheets import Line, read_lines, words_of
from casebridge.country.table_files import read_table
from casebridge.crypto import KeyRing
from casebridge.csv_lines import csv_line
from casebridge.database import Database
from casebridge.people.rules import Role
from casebridge.people.service import ensure_account
from casebridge.recordings.store import RecordingStore
from casebridge.tracking_codes import service as tracking_codes
from casebridge.tracking_codes.permutation import CodesExhausted
from line111.logging import setup
from line111.secrets import data_keys
from line111.settings import Settings, load_settings
from persian.tracking_code import CAPACITY

app = typer.Typer(no_args_is_help=True, help="The bridge: database, keys, accounts.")


@app.command()
def migrate(revision: Annotated[str, typer.Argument(help="where to; head: today's shape")] = "head") -> None:
    """Bring the database to today's shape."""
    settings = load_settings()
    migrations.upgrade(settings.database_url, revision)
    typer.echo("The database is up to date.")
    if revision == migrations.HEAD and (added := asyncio.run(_seed(settings))):
        typer.echo(f"The country was loaded: {added} rows.")


@app.command("rotate-keys")
def rotate_keys(
    new: Annotated[bool, typer.Option("--new", help="make a new key first")] = False,
) -> None:
    """Encrypt everything anew under the newest data key; the bridge may stay up."""
    settings = load_settings()
    if new:
        typer.echo(f"Made data key {rotation.add_key(settings)}.")
    done, left = asyncio.run(_rotate(settings))
    for name, count in done.items():
        typer.echo(f"{name}: {count}")
    typer.echo(f"Still under an older key: {left}")
    raise typer.Exit(1 if left else 0)


@app.command("skip-codes")
def skip_codes(
    count: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="more than were leased since the backup")
    ] = 1_000_000,
) -> None:
    """After restoring a database: leave out tracking codes that may have been leased since the backup.

    Codes that came back with this node's spool go as well: they may have been told since.
    """
    settings = load_settings()
    try:
        left = asyncio.run(_skip_codes(settings, count))
    except CodesExhausted as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for block in (settings.spool_dir / "codes").glob("*.json"):
        block.unlink(missing_ok=True)
        typer.echo(f"Threw {block} away; ivr leases other codes.")
    typer.echo(f"{count} tracking codes will never be told; {left} are left.")


@app.command("create-account")
def create_account(
    username: str,
    role: Annotated[list[Role], typer.Option("--role", help="may be given several times")],
    display_name: Annotated[str | None, typer.Option(help="name shown on the screens")] = None,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="LINE111_PASSWORD")
    ] = "",
) -> None:
    """Make an account, or give an existing one a new password and these roles."""
    settings = load_settings()
    try:
        asyncio.run(_account(settings, username, password, role, display_name))
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{username} may sign in as {', '.join(role)}.")


@app.command("create-accounts")
def create_accounts(
    table: Annotated[Path, typer.Argument(help="officials, as the screens export and import them")],
    passwords: Annotated[Path, typer.Option("--passwords", help="a new file for the one-time passwords")],
) -> None:
    """Bring in a table of officials with an account for each who has none.

    The passwords stand in the new file alone, which only you can read; each must be changed at the first
    sign-in.
    """
    settings = load_settings()
    lines, errors = read_lines(Sheet.OFFICIALS, read_table(table.read_bytes()))
    made = 0
    if not errors:
        kept = os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(kept, "w", encoding="utf-8", newline="") as file:
            made, errors = asyncio.run(_bring_in(settings, lines, file))
    for error in errors:
        typer.echo(f"{table}, row {error.row}: {words_of(error, 'en').message}", err=True)
    typer.echo(f"{made} accounts made; {len(lines)} rows read.")
    raise typer.Exit(1 if errors else 0)


@app.command("draw-life")
def draw_life() -> None:
    """Print the life of a case as a graph, for Graphviz' `dot`."""
    typer.echo(dot(), nl=False)


@app.command()
def serve() -> None:
    """Serve the API alone (the product serves it together with the screens)."""
    settings = load_settings()
    setup("bridge", settings)
    serving.serve(create_app(settings), settings)


async def _seed(settings: Settings) -> int:
    database = Database(settings.database_url)
    try:
        async with database.writing() as session:
            return sum((await seed(session)).values())
    finally:
        await database.close()


async def _rotate(settings: Settings) -> tuple[dict[str, int], int]:
    keys = KeyRing(lambda: data_keys(settings))
    database = Database(settings.database_url)
    try:
        done = await rotation.rotate(database, keys, RecordingStore(settings.recordings_dir, keys))
        return done, await rotation.remaining(database, keys)
    finally:
        await database.close()


async def _skip_codes(settings: Settings, count: int) -> int:
    database = Database(settings.database_url)
    try:
        async with database.writing() as session:
            return CAPACITY - await tracking_codes.skip(session, count)
    finally:
        await database.close()


async def _bring_in(settings: Settings, lines: list[Line], file: TextIO) -> tuple[int, list[RowError]]:
    made = 0

    def keep(official: OfficialLine, password: str) -> None:
        nonlocal made
        made += 1
        file.write(csv_line([official.username, official.display_name or "", official.unit_code, password]))
        file.flush()

    database = Database(settings.database_url)
    try:
        errors = (await bring_in(database, lines, keep)).errors
        return made, errors
    finally:
        await database.close()


async def _account(
    settings: Settings, username: str, password: str, roles: list[Role], display_name: str | None
) -> None:
    database = Database(settings.database_url)
    try:
        async with database.writing() as session:
            await ensure_account(session, username, password, roles, display_name)
    finally:
        await database.close()
