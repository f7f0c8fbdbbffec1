"""Words of the standard's answers in the asker's language, from `words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((files("casebridge.open311") / "words.toml").read_text(encoding="utf-8"))


def word(group: str, name: str, language: str) -> str:
    """The words of a name; a name that has none is shown as it is."""
    table: Any = _words()
    for part in group.split("."):
        table = table.get(part, {})
    return str(table.get(f"{name}_{language}", name))


def attribute_words(code: str, language: str) -> tuple[str, str | None]:
    """Description of an attribute, and a hint how to write it."""
    table = _words()["attribute"][code]
    return table[language], table.get(f"hint_{language}")
