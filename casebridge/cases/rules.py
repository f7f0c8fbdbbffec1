"""Decisions about cases. Pure."""

from __future__ import annotations

from typing import Final

from casebridge.cases.schemas import Status

STEPS: Final[dict[Status, frozenset[Status]]] = {
    Status.REGISTERED: frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.ANSWERED, Status.CLOSED}),
    Status.IN_PROGRESS: frozenset({Status.REFERRED, Status.ANSWERED, Status.CLOSED}),
    Status.REFERRED: frozenset({Status.IN_PROGRESS, Status.ANSWERED, Status.CLOSED}),
    Status.ANSWERED: frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.IN_PROGRESS}),
}
"""Which state may follow which; a closed case is only opened again by working on it."""

EXCERPT: Final = 140


def may_become(current: Status, wanted: Status) -> bool:
    """Whether a case may change so; staying is no change and always allowed."""
    return wanted == current or wanted in STEPS[current]


def excerpt(text: str | None) -> str | None:
    """The beginning of a text, for a list."""
    if not text:
        return None
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[: EXCERPT - 1].rstrip() + "…"


def mask_number(number: str | None) -> str | None:
    """A telephone number with its last three digits readable."""
    return None if not number else "•" * max(len(number) - 3, 0) + number[-3:]
