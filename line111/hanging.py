"""Programs that run and answer nobody: when that has lasted too long, and how often it was so.

Supervisor starts again what has ended. What hangs has not ended, and the callers of an ivr that hangs
hear silence until somebody ends it; then the dialplan takes the next host, and the call goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from line111.settings import Settings

if TYPE_CHECKING:  # states tell how often a program hung
    from line111.states import State

_LOOKS: Final = 3
"""Looks in a row at which it did not answer at all; to say that something is wrong is an answer."""
_START_SECONDS: Final = 120.0
"""What has not answered since its start is left alone for so long: it may be migrating a database."""


class _Silence(NamedTuple):
    pid: int
    began: float
    looks: int


class HangWatch:
    """Tells which programs hang, look after look.

    Args:
        seconds: how long a program may be silent whose `patience` is 1.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._silences: dict[str, _Silence] = {}
        self._has_answered: dict[str, int] = {}
        """By program, the process that has."""

    def hanging(self, now: Iterable[State], at: float) -> list[State]:
        """Those that have been silent for too long.

        Args:
            at: when they were looked at, in seconds of a clock that is never set.
        """
        return [state for state in now if self._hangs(state, at)]

    def _hangs(self, state: State, at: float) -> bool:
        name = state.program.name
        if not state.silent:
            self._silences.pop(name, None)
            if state.well:
                self._has_answered[name] = state.pid
            return False
        if self._is_starting(state):
            return False
        before = self._silences.get(name)
        if before is None or before.pid != state.pid:
            before = _Silence(state.pid, at, 0)
        silence = self._silences[name] = before._replace(looks=before.looks + 1)
        return silence.looks >= _LOOKS and at - silence.began >= self._seconds * state.program.patience

    def _is_starting(self, state: State) -> bool:
        answered = self._has_answered.get(state.program.name) == state.pid
        return not answered and time.time() - state.since < _START_SECONDS


def note_hanging(settings: Settings, name: str) -> int:
    """Count that a program was ended for hanging; returns how often it was, since the node is up."""
    counts = ended_for_hanging(settings)
    counts[name] = counts.get(name, 0) + 1
    _file(settings).write_text(json.dumps(counts))
    return counts[name]


def ended_for_hanging(settings: Settings) -> dict[str, int]:
    """How often each program was ended for hanging, since the node is up."""
    try:
        counts: dict[str, int] = json.loads(_file(settings).read_text())
    except (OSError, ValueError):
        return {}
    return counts


def forget_hanging(settings: Settings) -> None:
    """A node that starts begins to count anew."""
    _file(settings).unlink(missing_ok=True)


def _file(settings: Settings) -> Path:
    return settings.run_dir / "hung.json"
