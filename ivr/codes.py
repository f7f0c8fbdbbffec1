"""Tracking codes leased from the bridge: a file per holder, so that a code can be told without a network.

A code leaves its file, on disk and synced, before anyone uses it; a process that dies with a code in
hand burns it (there are 10^9), but none is ever given twice. Standard library alone: this also runs
beside Asterisk, in its root.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ivr.durable import locked, to_json, write_whole


class NoCodeLeft(Exception):
    """The leased codes are used up, and the bridge could not be asked for more in time."""


class CodeBlock:
    """Leased codes of one holder ("ivr" or "emergency"), shared by all processes of the node."""

    def __init__(self, spool_folder: Path, holder: str) -> None:
        self.holder = holder
        self._path = spool_folder / "codes" / f"{holder}.json"
        self._lock = spool_folder / "codes" / f"{holder}.lock"
        self._tmp = spool_folder / "tmp"

    def take(self, count: int = 1, *, leave: int = 0) -> list[str]:
        """Take codes out of the file for good, at most `count`, but never the last `leave`.

        Raises:
            NoCodeLeft: not even one may be taken.
            SpoolFull: the file could not be written anew; no code was taken.
        """
        with locked(self._lock):
            codes = self._read()
            count = min(count, len(codes) - leave)
            if count <= 0:
                raise NoCodeLeft(f"the block of {self.holder} has {len(codes)} codes left")
            self._write(codes[count:])
            return codes[:count]

    def add(self, codes: Iterable[str]) -> None:
        """Put newly leased codes behind those that are there.

        Raises:
            SpoolFull: no room; the codes are not in the file (and stay unused for good).
        """
        with locked(self._lock):
            self._write([*self._read(), *codes])

    def left(self) -> int:
        """How many codes can still be taken."""
        with locked(self._lock):
            return len(self._read())

    def _read(self) -> list[str]:
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return []
        return [str(code) for code in document["codes"]]

    def _write(self, codes: list[str]) -> None:
        document = {"format": 1, "holder": self.holder, "codes": codes}
        write_whole(self._path, to_json(document), by_way_of=self._tmp)
