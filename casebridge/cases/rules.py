"""How a case's words and numbers are shown in lists. Pure."""

from __future__ import annotations

from typing import Final

EXCERPT: Final = 140


def excerpt(text: str | None) -> str | None:
    """The beginning of a text, for a list."""
    if not text:
        return None
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[: EXCERPT - 1].rstrip() + "…"


def mask_number(number: str | None) -> str | None:
    """A telephone number with its last three digits readable."""
    return None if not number else "•" * max(len(number) - 3, 0) + number[-3:]
