"""What the command line shows of a node: lines while it starts, a table when it runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from line111.doctor.finding import Level
from line111.settings import Settings
from line111.states import State

if TYPE_CHECKING:  # it brings the database library, which costs each command a second
    from line111.doctor.examination import Examined

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

_PLAIN_WORDS = {
    "RUNNING": "running",
    "STARTING": "starting",
    "BACKOFF": "ended at once, tried again",
    "FATAL": "does not stay up, tried again soon",
    "STOPPING": "stopping",
    "STOPPED": "stopped",
    "EXITED": "ended",
}


def manner(state: State) -> str:
    """How a program is, in plain words."""
    word = _PLAIN_WORDS.get(state.manager, state.manager.lower())
    if state.well:
        hung = f", hung and was started again: {state.hung}" if state.hung else ""
        return f"[green]well[/] ({escape(state.words)}{hung})"
    colour = "yellow" if state.manager in ("RUNNING", "STARTING") else "red"
    word = "not well" if state.manager == "RUNNING" else word
    return f"[{colour}]{word}[/]" + (f": {escape(state.words)}" if state.words else "")


def states_table(settings: Settings, states: Iterable[State]) -> Table:
    """What runs, where it is reached, how it is, since when; on a wide terminal also what for."""
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False)
    for heading in ("program", *(("what for",) if wide else ()), "where", "how", "up for", "pid"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("program", "up for", "pid"))
    for state in states:
        program = state.program
        up_for = duration(time.time() - state.since) if state.pid else "-"
        what = (program.what,) if wide else ()
        row = (*what, program.where(settings), manner(state), up_for, str(state.pid or "-"))
        table.add_row(program.name, *row)
    return table


_WIDE = 120


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


class Changes:
    """Prints a line whenever a program's state changes, so that a starting node is seen to start.

    A program that is still starting is no news, and one that keeps failing is told once.
    """

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, int]] = {}
        self._began = time.monotonic()

    def report(self, states: Sequence[State]) -> None:
        """Print what differs from what was told last."""
        for state in states:
            name = state.program.name
            kind, pid = self._told.get(name, ("", 0))
            now = _kind(state)
            if now == kind and (now != "well" or state.pid == pid):
                continue
            if now == "waiting" and kind != "well":
                continue
            again = " again, as a new process" if pid and now == "well" and state.pid != pid else ""
            self._told[name] = (now, state.pid or pid)
            elapsed = time.monotonic() - self._began
            console.print(f"{elapsed:7.1f} s  {name:<14} {manner(state)}{again}", soft_wrap=True)


def _kind(state: State) -> str:
    if state.well:
        return "well"
    return "waiting" if state.manager in ("RUNNING", "STARTING") else "failing"


_SIGNS = {Level.WELL: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.FAULT: "[red]✗[/]"}


def print_examined(examined: Sequence[Examined]) -> None:
    """The doctor's findings, each with how to mend it below."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, finding in examined:
        mend = f"\n  [bold]mend:[/] {escape(finding.mend)}" if finding.mend else ""
        table.add_row(_SIGNS[finding.level], name, f"{escape(finding.words)}{mend}")
    console.print(table)
    faults = sum(each.finding.level is Level.FAULT for each in examined)
    warnings = sum(each.finding.level is Level.WARNING for each in examined)
    console.print(f"\n{len(examined)} things looked at: {faults} faults, {warnings} warnings.")
