"""How long a text message is on the air: GSM 03.38 or UCS-2, and into how many parts it falls. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM 7-bit default alphabet, each letter at its own code (3GPP TS 23.038)."""
EXTENSION: Final = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C,
    "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
"""Letters that take an escape and a second code."""
LONGEST: Final = 255
"""Parts one message may have: the header counts them in one octet."""


@dataclass(frozen=True, slots=True)
class Length:
    """What a text costs: `units` are septets or 16-bit units, headers not counted."""

    encoding: str
    """`gsm7` or `ucs2`."""
    units: int
    segments: int


def measure(text: str) -> Length:
    """Encoding, length and number of parts of a text."""
    encoding = encoding_of(text)
    return Length(encoding, sum(_units(c, encoding) for c in text), len(split(text)))


def encoding_of(text: str) -> str:
    """`gsm7` where every letter is in that alphabet, otherwise `ucs2` (Persian always is)."""
    return "gsm7" if all((c in BASIC and c != "\x1b") or c in EXTENSION for c in text) else "ucs2"


def split(text: str) -> list[str]:
    """The parts a text is sent in: one of 160/70 units, or several of 153/67 beside the header.

    No pair of an escape and its letter, nor a surrogate pair, is torn apart.
    """
    encoding = encoding_of(text)
    alone, together = (160, 153) if encoding == "gsm7" else (70, 67)
    if sum(_units(c, encoding) for c in text) <= alone:
        return [text]
    parts, part, used = [], "", 0
    for character in text:
        size = _units(character, encoding)
        if used + size > together:
            parts.append(part)
            part, used = "", 0
        part += character
        used += size
    return [*parts, part]


def _units(character: str, encoding: str) -> int:
    if encoding == "gsm7":
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
