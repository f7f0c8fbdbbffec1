"""The catalogue of prompts: one TOML file a language, read whole and checked before anything is made."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("fa", "en")

_NAME = re.compile(r"[a-z0-9_]{1,40}")
_KEYS: Final = (
    {"text"},
    {"text", "say_differently"},
    {"text", "voice"},
    {"text", "say_differently", "voice"},
    {"tone_hz", "ms"},
    {"silence_ms"},
)
_LONGEST_MS: Final = 5000


class BrokenCatalogue(ValueError):
    """A prompt file that can't be used; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing the line can say.

    Attributes:
        language: of the callers who hear it.
        id: "group/name", the path of its sound below the language's folder.
        text: as people write it and a studio reads it; empty for tones and silence.
        say: what the synthesiser is given.
        voice: language of the voice that says it (an English sentence in the Persian catalogue).
        tone_hz: frequency of a tone, or 0.
        length_ms: length of a tone or of silence, or 0.
    """

    language: str
    id: str
    text: str
    say: str
    voice: str
    tone_hz: int = 0
    length_ms: int = 0

    @property
    def is_speech(self) -> bool:
        """Whether somebody speaks it (a tone or silence is always made here)."""
        return bool(self.text)


def catalogue(language: str) -> dict[str, Prompt]:
    """All prompts of a language by id. Raises BrokenCatalogue."""
    return read_catalogue(language, FOLDER / f"{language}.toml")


def read_catalogue(language: str, path: Path) -> dict[str, Prompt]:
    """The prompts of one file by id. Raises BrokenCatalogue."""
    prompts = {}
    for group, entries in _read(path).items():
        if not isinstance(entries, dict) or not _NAME.fullmatch(group):
            raise BrokenCatalogue(f"{path.name}: {group!r} must be a table with a plain name")
        for name, entry in entries.items():
            prompt_id = f"{group}/{name}"
            if not _NAME.fullmatch(name):
                raise BrokenCatalogue(f"{path.name}: {prompt_id!r} must have a plain name (a-z, 0-9, _)")
            prompts[prompt_id] = _prompt(language, prompt_id, entry, path)
    return prompts


def pronunciation(language: str) -> dict[str, str]:
    """Words a language's synthesiser says wrongly, and what to give it instead; often empty."""
    path = FOLDER / f"pronunciation_{language}.toml"
    words = _read(path).get("words", {}) if path.exists() else {}
    if not all(isinstance(value, str) for value in words.values()):
        raise BrokenCatalogue(f"{path.name}: every word needs a text")
    return words


def _prompt(language: str, prompt_id: str, entry: Any, path: Path) -> Prompt:
    if isinstance(entry, str):
        entry = {"text": entry}
    if not isinstance(entry, dict) or set(entry) not in _KEYS:
        raise BrokenCatalogue(f"{path.name}: {prompt_id}: give a text, a tone (tone_hz, ms) or silence_ms")
    if "text" not in entry:
        return _sound(language, prompt_id, entry, path)
    texts = (entry["text"], entry.get("say_differently", "-"), entry.get("voice", language))
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise BrokenCatalogue(f"{path.name}: {prompt_id}: a text is empty or no text")
    if texts[2] not in LANGUAGES:
        raise BrokenCatalogue(f"{path.name}: {prompt_id}: no voice speaks {texts[2]!r}")
    say = entry.get("say_differently") or _respelled(entry["text"], texts[2])
    return Prompt(language, prompt_id, entry["text"], say, texts[2])


def _sound(language: str, prompt_id: str, entry: dict[str, Any], path: Path) -> Prompt:
    hertz, length = entry.get("tone_hz", 0), entry.get("ms", entry.get("silence_ms"))
    if not (type(length) is int and 0 < length <= _LONGEST_MS):
        raise BrokenCatalogue(f"{path.name}: {prompt_id}: its length lies between 1 and {_LONGEST_MS} ms")
    if "tone_hz" in entry and not (type(hertz) is int and 300 <= hertz <= 3400):
        raise BrokenCatalogue(f"{path.name}: {prompt_id}: a telephone carries 300 to 3400 Hz")
    return Prompt(language, prompt_id, "", "", language, hertz, length)


def _respelled(text: str, language: str) -> str:
    words, pattern = _respelling(language)
    return pattern.sub(lambda found: words[found.group()], text) if words else text


@cache
def _respelling(language: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """Whole words and phrases only, longest first; marks and half-spaces count as part of a word."""
    words = pronunciation(language)
    longest_first = sorted(words, key=len, reverse=True)
    letters = r"[\w\u064b-\u0655\u200c]"
    choice = "|".join(re.escape(word) for word in longest_first)
    return words, re.compile(f"(?<!{letters})(?:{choice})(?!{letters})")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenCatalogue(f"{path.name}: {error}") from None
