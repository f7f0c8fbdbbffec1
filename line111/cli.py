"""The `line111` command: what a person who runs the line types."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from line111 import screen, supervision
from line111.accounts import why_not_dropped
from line111.programs import PROGRAMS, UnknownProgram, chosen, named
from line111.rooms import RoomsGroup
from line111.setting_up import SetUp, StepFailed
from line111.settings import Settings, load_settings
from line111.states import states
from line111.supervisor_link import NotUp, Refused

app = typer.Typer(
    name="line111",
    cls=RoomsGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold a caller's data
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The citizen line 111: set it up, start it, look after it.\n\n"
    "Settings come from LINE111_… variables and line111.toml; without any, everything lives in var/.",
)

_NAMES = ", ".join(program.name for program in PROGRAMS)
Only = Annotated[list[str], typer.Option("--only", help=f"Start these alone (repeat it): {_NAMES}.")]
Without = Annotated[list[str], typer.Option("--without", help="Start all but these (repeat it).")]
NOT_UP = 3
"""Exit code of commands that need a running node."""


def settings_or_exit() -> Settings:
    """The settings, or a plain line for each wrong one and exit 2."""
    try:
        return load_settings()
    except ValidationError as error:
        for wrong in error.errors():
            name = "LINE111_" + "__".join(str(part).upper() for part in wrong["loc"])
            screen.errors.print(f"[red]setting {name}[/]: {wrong['msg']}", soft_wrap=True)
        raise typer.Exit(2) from None


def _fail(words: object, code: int = 1) -> NoReturn:
    screen.errors.print(f"[red]{words}[/]", soft_wrap=True)
    raise typer.Exit(code)


@app.command()
def setup(
    again: Annotated[bool, typer.Option("--again", help="Do every step again, also what is done.")] = False,
) -> None:
    """Make this node ready: users, folders, secrets, Asterisk, prompts, models, database.

    Run it again at any time: what is done is not done twice. `make setup` installs the packages
    first and then comes here.
    """
    settings = settings_or_exit()
    began = time.monotonic()
    try:
        SetUp(settings, screen.console.print, again).run()
    except StepFailed as error:
        screen.errors.print(f"[red]Set-up stopped at: {error.step}[/]\n{error.words}", soft_wrap=True)
        _fail(f"To mend it: {error.mend}.")
    if reason := why_not_dropped(settings):
        screen.console.print(f"[yellow]Services will run as the starting user: {reason}.[/]", soft_wrap=True)
    screen.console.print(
        f"This node is ready ({time.monotonic() - began:.1f} s). Start it with `line111 up`."
    )


@app.command()
def up(
    only: Only = [],  # noqa: B006 - typer reads it, nobody changes it
    without: Without = [],  # noqa: B006
    wait: Annotated[int, typer.Option(help="Seconds to wait until all are well.")] = 90,
) -> None:
    """Start the whole product and stay with it until Ctrl-C; what ends or hangs is started again.

    Prints a line for each program as it becomes well, then a table: what, where, how.
    With several machines, start a part on each: --only ivr --only asterisk.
    """
    settings = settings_or_exit()
    try:
        node = supervision.Node(settings, chosen(settings, only, without))
    except UnknownProgram as error:
        _fail(error, 2)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    changes = screen.Changes()
    try:
        node.start(say=screen.console.print)
        well = node.wait_until_well(wait, changes.report)
        screen.console.print(screen.states_table(settings, node.look()))
        screen.console.print(
            "All are well. Ctrl-C stops them." if well else "[yellow]Not all are well yet; still trying.[/]"
        )
        while True:
            time.sleep(1)
            changes.report(node.look())
    except KeyboardInterrupt:
        screen.console.print("Stopping…")
    except supervision.TakenDown as reason:
        screen.console.print(f"Ended: {reason}.")
    except (
        supervision.AlreadyUp,
        supervision.PortTaken,
        supervision.ManagerDied,
        FileNotFoundError,
    ) as error:
        _fail(error)
    finally:
        _ignore_signals()
        node.stop()


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """While stopping in order, a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@app.command()
def down() -> None:
    """Stop the node that `line111 up` started, in order; nothing is left running."""
    settings = settings_or_exit()
    if supervision.take_down(settings):
        screen.console.print("Stopped.")
    else:
        screen.console.print("It was not running.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False) -> None:
    """Show what runs, where, and how it is. Exit code 1: something is not well; 3: not running."""
    settings = settings_or_exit()
    try:
        now = states(settings)
    except NotUp as error:
        _fail(f"Not running: {error}. Start it with `line111 up`.", NOT_UP)
    if as_json:
        rows = {
            state.program.name: {
                "well": state.well,
                "state": state.manager,
                "pid": state.pid,
                "words": state.words,
                "hung": state.hung,
            }
            for state in now
        }
        print(json.dumps(rows, ensure_ascii=False))
    else:
        screen.console.print(screen.states_table(settings, now))
    if not all(state.well for state in now):
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False) -> None:
    """Say what is missing or wrong on this machine, in plain words, and how to mend it.

    Exit code 0: nothing that callers would notice; 1: at least one fault.
    """
    from line111.doctor.examination import examine, worst
    from line111.doctor.finding import Level

    examined = examine(settings_or_exit())
    if as_json:
        print(
            json.dumps([{"name": each.name, **asdict(each.finding)} for each in examined], ensure_ascii=False)
        )
    else:
        screen.print_examined(examined)
    if worst(examined) is Level.FAULT:
        raise typer.Exit(1)


@app.command()
def restart(name: Annotated[str, typer.Argument(help=f"One of: {_NAMES}.")]) -> None:
    """End one program in peace and start it again; calls and cases are not lost by it."""
    settings = settings_or_exit()
    try:
        program = named(name)
        supervision.restart(settings, program.name)
    except UnknownProgram as error:
        _fail(error, 2)
    except NotUp as error:
        _fail(f"Not running: {error}.", NOT_UP)
    except Refused as error:
        _fail(f"{name}: {error}; `line111 logs {name}` tells more.")
    screen.console.print(f"{name} was started again.")


@app.command()
def logs(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which programs; none: all of {_NAMES}.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay, and show new lines.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.")] = 50,
) -> None:
    """Show the last lines of the programs' logs. Persons' data in them is masked."""
    settings = settings_or_exit()
    try:
        programs = [named(name) for name in names] if names else list(PROGRAMS)
    except UnknownProgram as error:
        _fail(error, 2)
    files = [settings.log_dir / f"{program.name}.log" for program in programs]
    there = [str(file) for file in files if file.exists()]
    if not there:
        _fail(f"There are no logs in {settings.log_dir} yet.")
    os.execvp("tail", ["tail", "-n", str(lines), *(["-F"] if follow else []), *there])  # noqa: S606
