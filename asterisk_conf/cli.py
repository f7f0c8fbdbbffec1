"""`line111 asterisk …`: this node's Asterisk, its root and its configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from asterisk_conf import checks, log_files
from asterisk_conf.account import NoSuchAccount
from asterisk_conf.emergency_site import copy_emergency_site
from asterisk_conf.installation import (
    CannotInstall,
    NoAsterisk,
    asterisk_version,
    find_installation,
    install_root,
)
from asterisk_conf.render import render as render_files
from asterisk_conf.running import NotRunning, console_command
from asterisk_conf.running import console as ask_console
from asterisk_conf.values import UnsafeValue
from line111.accounts import make_accounts
from line111.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Asterisk of this node: its root and its configuration.")
_out = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


def _fail(words: object) -> NoReturn:
    _errors.print(f"[red]{words}[/]", soft_wrap=True)
    raise typer.Exit(1)


@app.command()
def render(
    into: Annotated[
        Path | None, typer.Option(help="Folder to write into instead, to look at the files.")
    ] = None,
) -> None:
    """Write Asterisk's configuration from this node's settings.

    Each start does the same, so this is needed only to look at the files, or before a reload.
    """
    try:
        written = render_files(load_settings(), into)
    except (UnsafeValue, OSError) as fault:
        _fail(fault)
    for path in written:
        _out.print(str(path), soft_wrap=True)


@app.command()
def install() -> None:
    """Get an Asterisk: the distribution's if it is new enough, otherwise one in a root of its own."""
    settings = load_settings()
    try:
        make_accounts(settings)
        try:
            find_installation(settings)
        except NoAsterisk:
            install_root(settings, progress=lambda line: _out.print(f"  {line}", style="dim", soft_wrap=True))
        copy_emergency_site(settings)
        _out.print(f"Asterisk {asterisk_version(settings)}")
    except (CannotInstall, NoAsterisk) as fault:
        _fail(fault)


@app.command()
def console(
    command: Annotated[str, typer.Argument(help='One console command, such as "pjsip show endpoints".')] = "",
) -> None:
    """Asterisk's console on the running node; without a command, stay in it (Ctrl-D leaves)."""
    settings = load_settings()
    try:
        if command:
            _out.print(ask_console(settings, command), end="", markup=False, soft_wrap=True)
            return
        line = console_command(settings, "-r")
    except (NotRunning, NoAsterisk, NoSuchAccount) as fault:
        _fail(fault)
    os.chdir("/")
    os.execvp(line[0], line)  # noqa: S606 - no shell is the point


@app.command()
def version() -> None:
    """The version of the Asterisk this node uses."""
    try:
        _out.print(asterisk_version(load_settings()))
    except NoAsterisk as fault:
        _fail(fault)


@app.command()
def check() -> None:
    """Look at program, user, configuration, certificate, log and process; exit 1 if one is not well."""
    found = list(checks.findings(load_settings()))
    for each in found:
        mark = "[green]✓[/]" if each.well else "[red]✗[/]"
        _out.print(f"{mark} {each.what}: {each.words}", soft_wrap=True)
    if not all(each.well for each in found):
        raise typer.Exit(1)


@app.command()
def rotate() -> None:
    """Begin new log files and keep the last few old ones (a daily timer may call this)."""
    settings = load_settings()
    for path in log_files.keep_few(settings, larger_than=0):
        _out.print(f"put aside: {path}", soft_wrap=True)
    try:
        ask_console(settings, "logger reload")
    except (NotRunning, NoAsterisk, NoSuchAccount):
        return  # the next start opens new ones


if __name__ == "__main__":
    app()
