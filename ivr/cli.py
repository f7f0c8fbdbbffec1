"""`line111 menu`: check a menu file, draw it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from ivr.menu import DEFAULT_MENU, check_menu, load_menu
from ivr.menu_graph import to_dot
from line111.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The menu a caller walks: check it, draw it.")

MenuFile = Annotated[
    Path | None, typer.Argument(help="Menu file (TOML). Without it: the one this node is set to use.")
]


@app.command()
def check(file: MenuFile = None) -> None:
    """Name every mistake in a menu file with its line; exit 1 where there is one."""
    path = _chosen(file)
    errors = check_menu(path)
    for error in errors:
        typer.echo(str(error), err=True)
    if errors:
        raise typer.Exit(1)
    typer.echo(f"{path}: {len(load_menu(path).nodes)} nodes, no mistake")


@app.command()
def draw(
    file: MenuFile = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Picture (.svg, .png, .pdf) or .dot; without it: dot text."),
    ] = None,
) -> None:
    """Draw a menu as a graph (pictures need Graphviz' `dot`)."""
    path = _chosen(file)
    if errors := check_menu(path):
        typer.echo("\n".join(map(str, errors)), err=True)
        raise typer.Exit(1)
    text = to_dot(load_menu(path))
    if output is None:
        typer.echo(text)
    elif output.suffix == ".dot":
        output.write_text(text, encoding="utf-8")
    else:
        _picture(text, output)


def _chosen(file: Path | None) -> Path:
    return file or load_settings().ivr.menu or DEFAULT_MENU


def _picture(text: str, output: Path) -> None:
    dot = shutil.which("dot")
    if dot is None:
        typer.echo("`dot` is missing: apt-get install graphviz, or give a .dot file", err=True)
        raise typer.Exit(1)
    subprocess.run([dot, f"-T{output.suffix[1:]}", "-o", str(output)], input=text.encode(), check=True)
