"""Codes in hand: a few at a time are taken out of the leased block, so a call waits for no disk."""

from __future__ import annotations

import threading
from contextlib import suppress

from ivr.codes import CodeBlock, NoCodeLeft
from ivr.durable import SpoolFull


class CodeStock:
    """A small stock of codes taken from a block; those in hand when the process is killed are burned."""

    def __init__(self, block: CodeBlock, size: int = 20) -> None:
        self._block = block
        self._size = size
        self._codes: list[str] = []
        self._lock = threading.Lock()

    def take(self) -> str:
        """A code nobody else has. Raises NoCodeLeft, SpoolFull."""
        with self._lock:
            if not self._codes:
                self._codes = self._block.take(self._size)[::-1]
            return self._codes.pop()

    def in_hand(self) -> int:
        """How many need no disk."""
        return len(self._codes)

    def put_back(self) -> None:
        """At a regular end: give unused codes back to the block."""
        with self._lock, suppress(SpoolFull, OSError):
            self._block.add(self._codes)
            self._codes = []


def from_reserve(block: CodeBlock, leave: int) -> str:
    """A code of another holder's block, of which the last `leave` are not touched. Raises NoCodeLeft."""
    return block.take(1, leave=leave)[0]


__all__ = ["CodeStock", "NoCodeLeft", "from_reserve"]
