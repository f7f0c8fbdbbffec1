"""Persian (U+06F0…), Arabic (U+0660…) and Latin digits: one form to compute with, one to show."""

from __future__ import annotations

from typing import Final

LATIN: Final = "0123456789"
PERSIAN: Final = "".join(chr(0x06F0 + value) for value in range(10))
ARABIC: Final = "".join(chr(0x0660 + value) for value in range(10))
TRACKING_CODE_GROUPS: Final = (3, 3, 4)
"""How a tracking code is read aloud and written."""

_TO_LATIN: Final = str.maketrans(PERSIAN + ARABIC, LATIN * 2)
_TO_PERSIAN: Final = str.maketrans(LATIN + ARABIC, PERSIAN * 2)


def to_latin(text: str) -> str:
    """The same text with every Persian or Arabic digit as 0-9: the form that is stored and computed."""
    return text.translate(_TO_LATIN)


def to_persian(text: str) -> str:
    """The same text with every digit as a Persian one: the form Persian screens show."""
    return text.translate(_TO_PERSIAN)


def only_digits(text: str) -> str:
    """The digits of a text in Latin form; separators, letters and marks are left out."""
    return "".join(character for character in to_latin(text) if character in LATIN)


def in_groups(digits: str, groups: tuple[int, ...]) -> str:
    """Digits written in groups: `in_groups("1234567890", (3, 3, 4))` is "123 456 7890".

    What is left after the last group forms a group of its own.
    """
    parts, start = [], 0
    for size in (*groups, len(digits)):
        parts.append(digits[start : start + size])
        start += size
    return " ".join(part for part in parts if part)
