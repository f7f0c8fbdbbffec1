"""AGI as bytes and back, knowing no socket: commands are encoded, replies parsed as they trickle in.

Source: Asterisk 22, `res/res_agi.c` (`parse_args`, `ast_agi_send`, `agi_handle_command`). A command is
one line of words split at blanks; a word may stand in double quotes, where a backslash takes the next
character literally. A reply is one line, or several for code 520. Asterisk sends the line `HANGUP`
when the caller has hung up, at any time, also before a reply that is still due.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

MAX_COMMAND: Final = 2047
"""Longest command Asterisk reads (AGI_BUF_LEN less the closing zero)."""
MAX_WORDS: Final = 127
MAX_LINE: Final = 16 * 1024
"""Default for the longest line read from Asterisk; a security limit."""
MAX_LINES: Final = 256
"""Default for the lines of one reply, and of the environment; a security limit."""

_NEEDS_CARE: Final = re.compile(r'[\n\r\0\\"]')
"""What may not stand in a quoted word, or only after a backslash."""
_RESULT: Final = re.compile(r"result=(-?[0-9*#A-Da-d]*)(?:\s|$)")
_ENDPOS: Final = re.compile(r" endpos=(\d{1,18})$")
_CODE: Final = re.compile(r"(\d{3})(?:([ -])(.*))?", re.DOTALL)


class ProtocolError(Exception):
    """What came from the other side is not AGI. The connection is of no use any more."""


class LimitExceeded(ProtocolError):
    """A line too long or a reply of too many lines."""


class UnsafeWord(ValueError):
    """A word that would end the command line early and begin another (CR, LF or NUL in it)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer to a command.

    Attributes:
        code: 200 done; 510 no such command; 511 not on a dead channel; 520 wrong usage.
        result: what follows `result=`, usually a number; digits for GET DATA. None without one.
        data: the text in round brackets, e.g. a variable's value, "timeout", "hangup".
        endpos: samples played or recorded, where told.
        text: the whole reply as it came, for logs.
    """

    code: int
    result: str | None
    data: str | None
    endpos: int | None
    text: str

    @property
    def number(self) -> int:
        """`result` as a number. Raises ProtocolError where it is none."""
        try:
            return int(self.result or "")
        except ValueError:
            raise ProtocolError("the reply holds no number") from None


@dataclass(frozen=True, slots=True)
class Hangup:
    """The caller has hung up (the line `HANGUP`)."""


class _State(Enum):
    REPLY = auto()
    USAGE = auto()
    VALUE = auto()


def encode_command(name: str, *words: str | int) -> bytes:
    """A command line for Asterisk.

    Args:
        name: the command, e.g. "STREAM FILE"; its own words are not quoted.
        words: its arguments; text is quoted so that Asterisk reads back exactly what is given.

    Raises:
        UnsafeWord: CR, LF or NUL in a word.
        LimitExceeded: longer than Asterisk reads, or too many words.
    """
    own_words = _own_words(name)
    line = " ".join((name, *map(quote, words))).encode("utf-8", "surrogateescape")
    if len(line) >= MAX_COMMAND or own_words + len(words) > MAX_WORDS:
        raise LimitExceeded(
            f"a command of {len(line)} bytes and {len(words)} words is more than Asterisk reads"
        )
    return line + b"\n"


class Environment:
    """Reads the `agi_…: value` lines that open a session, up to the empty line."""

    def __init__(self, *, max_line: int = MAX_LINE, max_lines: int = MAX_LINES) -> None:
        self._lines = _Lines(max_line)
        self._left = max_lines
        self.values: dict[str, str] = {}
        self.complete = False

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes as they come; what follows the environment is given back.

        Raises:
            LimitExceeded: line or number of lines over the limit. ProtocolError: no such line.
        """
        self._lines.feed(chunk)
        while (line := self._lines.take()) is not None:
            if not line:
                self.complete = True
                return self._lines.rest()
            self._left -= 1
            if self._left < 0:
                raise LimitExceeded("the environment has too many lines")
            key, colon, value = line.partition(":")
            if not colon or not key.startswith("agi_"):
                raise ProtocolError("a line of the environment does not begin with agi_…:")
            self.values[key] = value.strip()
        return b""


class ReplyParser:
    """Turns bytes into replies and hang-up notices.

    Args:
        max_line: bytes of the longest line taken; a security limit.
        max_lines: lines of the longest reply taken; a security limit.
    """

    __slots__ = ("_collected", "_lines", "_max_lines", "_state")

    def __init__(self, *, max_line: int = MAX_LINE, max_lines: int = MAX_LINES) -> None:
        self._lines = _Lines(max_line)
        self._max_lines = max_lines
        self._collected: list[str] = []
        self._state = _State.REPLY

    def feed(self, chunk: bytes) -> Iterable[Reply | Hangup]:
        """Take bytes as they come; gives each event that is complete, in order.

        Raises:
            LimitExceeded: line or reply over the limit. ProtocolError: no such line. Both while the
                events are gone through, after those that came before.
        """
        common = _COMMON_REPLIES.get(chunk)
        if common is not None and self._state is _State.REPLY and self._lines.is_empty():
            return (common,)
        return self._events(chunk)

    def _events(self, chunk: bytes) -> Iterator[Reply | Hangup]:
        self._lines.feed(chunk)
        while (line := self._lines.take()) is not None:
            event = self._take(line)
            if event is not None:
                yield event

    def _take(self, line: str) -> Reply | Hangup | None:
        if self._state is _State.REPLY:
            return self._begin(line)
        self._collected.append(line)
        if len(self._collected) > self._max_lines:
            raise LimitExceeded("a reply has too many lines")
        if self._state is _State.USAGE and line.startswith("520"):
            return self._finish(Reply(520, None, None, None, "\n".join(self._collected)))
        if self._state is _State.VALUE and _value_ends(line):
            return self._finish(_parse("\n".join(self._collected)))
        return None

    def _begin(self, line: str) -> Reply | Hangup | None:
        if line == "HANGUP":
            return Hangup()
        if not line:
            return None
        if line.startswith("520-"):
            self._state, self._collected = _State.USAGE, [line]
            return None
        if line.startswith("200 result=1 (") and not _value_ends(line):
            # a variable's value may hold line breaks; it goes on until the bracket closes
            self._state, self._collected = _State.VALUE, [line]
            return None
        return _parse(line)

    def _finish(self, reply: Reply) -> Reply:
        self._state, self._collected = _State.REPLY, []
        return reply


class _Lines:
    """Cuts bytes into lines; holds at most one unfinished line of `max_line` bytes."""

    __slots__ = ("_max", "_ready", "_unfinished")

    def __init__(self, max_line: int) -> None:
        self._unfinished = b""
        self._ready: deque[bytes] = deque()
        self._max = max_line

    def feed(self, chunk: bytes) -> None:
        first, *others = chunk.split(b"\n")
        self._unfinished += first
        for part in others:
            self._ready.append(self._unfinished)
            self._unfinished = part

    def is_empty(self) -> bool:
        return not (self._unfinished or self._ready)

    def take(self) -> str | None:
        line = self._ready.popleft() if self._ready else None
        if len(self._unfinished if line is None else line) > self._max:
            raise LimitExceeded(f"a line is longer than {self._max} bytes")
        return None if line is None else line.rstrip(b"\r").decode("utf-8", "replace")

    def rest(self) -> bytes:
        """Everything not taken yet, as it came."""
        rest = b"\n".join((*self._ready, self._unfinished))
        self._ready.clear()
        self._unfinished = b""
        return rest


def _parse(text: str) -> Reply:
    match = _CODE.fullmatch(text)
    if match is None:
        raise ProtocolError("a reply does not begin with a code of three digits")
    code, rest = int(match[1]), match[3] or ""
    found = _RESULT.match(rest)
    if found is None:
        return Reply(code, None, None, None, text)
    rest = rest[found.end() :]
    end = _ENDPOS.search(" " + rest)
    if end:
        rest = (" " + rest)[: end.start()].strip()
    data = rest[1:-1] if rest.startswith("(") and rest.endswith(")") else None
    return Reply(code, found[1], data, int(end[1]) if end else None, text)


def _value_ends(line: str) -> bool:
    return line.endswith(")") or _ENDPOS.search(line) is not None


def quote(word: str | int) -> str:
    """A word of a command as Asterisk reads it back unchanged. Raises UnsafeWord."""
    if isinstance(word, int):
        return str(int(word))
    if _NEEDS_CARE.search(word) is None:
        return f'"{word}"'
    if "\n" in word or "\r" in word or "\0" in word:
        raise UnsafeWord("CR, LF and NUL have no place in a command")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=256)
def _own_words(name: str) -> int:
    """How many words a command's name has. Raises UnsafeWord."""
    if not (name.isascii() and name.replace(" ", "").isalpha()):
        raise UnsafeWord("a command's name has letters and blanks alone")
    return len(name.split())


_COMMON_REPLIES: Final = {f"200 result={n}\n".encode(): _parse(f"200 result={n}") for n in range(-1, 256)}
"""What most commands are answered with, ready made: -1, 0, or the ASCII code of a key."""
