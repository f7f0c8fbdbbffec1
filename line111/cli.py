"""The `line111` command."""

from __future__ import annotations

import typer

from line111.rooms import RoomsGroup

app = typer.Typer(
    name="line111",
    cls=RoomsGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold a caller's data
    help="The citizen line 111: set it up, start it, look after it.",
)


@app.command()
def doctor() -> None:
    """Say what is missing or wrong on this machine, and how to mend it."""
