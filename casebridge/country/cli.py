"""`line111 seed`: the country's first data, and believable officials for a trial."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from casebridge.country.schemas import Sheet
from casebridge.country.seeding import seed as seed_country
from casebridge.country.trial import TrialOfficial, make_officials
from casebridge.database import Database
from line111.settings import Settings, load_settings

app = typer.Typer(help="Load the country: places, agencies, subjects, duties.")


@app.command()
def seed(
    people: Annotated[
        bool, typer.Option("--people", help="also make officials for a trial; passwords are shown once")
    ] = False,
) -> None:
    """Load what is missing of the country; what was edited stays as it is."""
    added, officials = asyncio.run(_seed(load_settings(), people))
    for sheet, count in added.items():
        typer.echo(f"{sheet}: {count} added")
    if people:
        _show(officials)


def _show(officials: list[TrialOfficial]) -> None:
    if not officials:
        typer.echo("The officials for a trial are there already; nothing was changed.")
        return
    typer.echo("Officials for a trial. The passwords are kept nowhere else:")
    for official in officials:
        typer.echo(
            f"  {official.username:<24} {official.password}  {official.unit_code} ({official.position})"
        )


async def _seed(settings: Settings, people: bool) -> tuple[dict[Sheet, int], list[TrialOfficial]]:
    database = Database(settings.database_url)
    try:
        async with database.writing() as session:
            added = await seed_country(session)
        return added, await make_officials(database) if people else []
    finally:
        await database.close()
