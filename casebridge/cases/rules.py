"""How a case's words and numbers are shown in lists. Pure."""

from __future__ import annotations

from typing import Final

from persian.long_numbers import without_long_numbers

EXCERPT: Final = 140
HIDDEN: Final = "•••"
"""Stands for an identifier or a telephone number."""
_FIRST_LOOK: Final = 400
_LONGEST_NUMBER: Final = 200
"""Characters of a long number of which only the beginning was looked at, and which was not known for one."""


def excerpt(text: str | None) -> str | None:
    """The beginning of a text, for a list: identifiers and telephone numbers can't be read in it (promise 5),
    were they written or spoken."""
    if not text:
        return None
    looked_at, flat = _FIRST_LOOK, _without_numbers(text[:_FIRST_LOOK])
    while looked_at < len(text) and len(flat) < EXCERPT + _LONGEST_NUMBER:
        looked_at *= 2
        flat = _without_numbers(text[:looked_at])
    return flat if len(flat) <= EXCERPT else flat[: EXCERPT - 1].rstrip() + "…"


def _without_numbers(text: str) -> str:
    return " ".join(without_long_numbers(text, HIDDEN).split())


def mask_number(number: str | None) -> str | None:
    """A telephone number with its last three digits readable."""
    return None if not number else "•" * max(len(number) - 3, 0) + number[-3:]
