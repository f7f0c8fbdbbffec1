"""Which line of a TOML file says what: `tomllib` gives values without positions, people need lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*\[(?!\[)\s*(.+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_STRING = re.compile(r"""\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\])*"|'[^']*'|\#[^\n]*""", re.DOTALL)

Path = tuple[str, ...]


class Lines:
    """Finds the line of a key path such as `("nodes", "main", "keys", "1")`."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        table: Path = ()
        depth = 0
        for number, line in enumerate(_without_long_strings(text).split("\n"), 1):
            if depth == 0:
                if header := _HEADER.match(line):
                    table = _split(header[1])
                    self._remember(table, number)
                    continue
                if key := _KEY.match(line):
                    self._remember(table + _split(key[1]), number)
            depth = max(0, depth + _depth(line))

    def of(self, path: Sequence[str | int]) -> int:
        """The line that says this, or the nearest table it would stand in; 1 where nothing does."""
        names = tuple(str(part) for part in path)
        for length in range(len(names), 0, -1):
            if names[:length] in self._lines:
                return self._lines[names[:length]]
        return 1

    def _remember(self, path: Path, number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], number)


def _split(dotted: str) -> Path:
    parts = re.findall(r"""[\w-]+|"[^"]*"|'[^']*'""", dotted)
    return tuple(part.strip("\"'") for part in parts)


def _without_long_strings(text: str) -> str:
    """The text with multi-line strings emptied but all line breaks kept."""

    def emptied(match: re.Match[str]) -> str:
        found = match[0]
        return '""' + "\n" * found.count("\n") if found[:3] in ('"""', "'''") else found

    return _STRING.sub(emptied, text)


def _depth(line: str) -> int:
    bare = _STRING.sub("", line)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
