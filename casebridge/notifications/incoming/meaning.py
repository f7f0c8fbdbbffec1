"""What a citizen's text message means. No I/O."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from persian.digits import to_latin
from persian.letters import normalise
from persian.tracking_code import is_valid_tracking_code

LONGEST: Final = 2000
"""Letters of a message that are kept."""
THANKS: Final = 40
"""Letters that may follow an acceptance; whoever writes more has more to say than yes."""
ARABIC_LETTER = re.compile(r"[\u0600-\u06ff]")
_GAP = r"[\s\-\u200c\u200e\u200f]?"
_CODE = re.compile(rf"(?<!\d)\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}(?!\d)")
_FIRST = re.compile(r"^[\W_]*([0-9]+|[^\W\d_]+)(?![0-9])")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was meant: `accept`, `object`, `stop`, `start`, or nothing we know (`unknown`).

    Args:
        code: The tracking code in the text.
        said: What follows: the reason of an objection.
    """

    intent: str
    code: str | None = None
    said: str = ""


def understand(text: str) -> Meaning:
    """Reads a message: 1 accepts, 2 objects, in digits of any script, with the code anywhere in it."""
    code, plain = _parted(text)
    first = _FIRST.match(plain)
    if first is None:
        return Meaning("unknown", code)
    intent = _words().get(first.group(1).replace("\u200c", "").lower(), "unknown")
    said = plain[first.end() :].strip(" \t\r\n.,;:،؛-")
    if intent == "accept" and len(said) > THANKS:
        return Meaning("unknown", code)
    return Meaning(intent, code, said if intent == "object" else "")


def says_something(text: str) -> bool:
    """Whether there is more in a message than a tracking code."""
    return any(letter.isalnum() for letter in _parted(text)[1])


def _parted(text: str) -> tuple[str | None, str]:
    """The tracking code in a text, and the text without it, its digits Latin."""
    plain = to_latin(normalise(text)).strip()
    for match in _CODE.finditer(plain):
        digits = re.sub(r"\D", "", match.group())
        if is_valid_tracking_code(digits):
            return digits, (plain[: match.start()] + " " + plain[match.end() :]).strip()
    return None, plain


def legible(text: str) -> str:
    """A message as it may be kept: no control characters, and no longer than telephones write.

    A database that refuses it would have its centre send it again and again.
    """
    plain = (letter for letter in text if letter in "\n\r\t" or (letter >= " " and letter != "\x7f"))
    return "".join(plain)[:LONGEST]


def language_of(text: str) -> str:
    """The language to answer a stranger in: English only where they wrote Latin letters alone."""
    latin = any("a" <= letter <= "z" for letter in text.lower())
    return "en" if latin and not ARABIC_LETTER.search(text) else "fa"


@cache
def _words() -> dict[str, str]:
    file = files("casebridge.notifications.incoming") / "meaning.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return {normalise(word): intent for intent, words in data.items() for word in words}
