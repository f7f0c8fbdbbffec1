"""What the doctor finds out about one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from line111.settings import Settings


class Level(StrEnum):
    """How much it matters."""

    WELL = "well"
    WARNING = "warning"
    """The line answers, but somebody should look."""
    FAULT = "fault"
    """Callers, agents or their data suffer, or soon will."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    level: Level
    words: str
    mend: str = ""


Look = Callable[[Settings], Finding]
"""Looks at one thing. May raise: then the finding is that it could not be looked at."""


def well(words: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.WELL, words)


def warning(words: str, mend: str) -> Finding:
    """Somebody should look."""
    return Finding(Level.WARNING, words, mend)


def fault(words: str, mend: str) -> Finding:
    """Must be mended."""
    return Finding(Level.FAULT, words, mend)
