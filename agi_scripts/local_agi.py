"""pyst2's AGI on standard input and output, with its faults mended.

pyst2 0.5.1 writes the caller's number to standard error, quotes nothing inside a word, and ends in a
ValueError when the caller hangs up. Here commands are quoted and replies parsed by `ivr.agi.protocol`,
nothing is written to standard error, and a hang-up is `AGIHangup` in every form it comes in.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from asterisk.agi import AGI, AGIAppError, AGIHangup, AGIResultHangup

from ivr.agi.protocol import Hangup, Reply, ReplyParser, quote

__all__ = ["AGIAppError", "AGIHangup", "LocalAgi"]

_ALL_KEYS = "0123456789*#"
_UP = "6"


class LocalAgi(AGI):  # type: ignore[misc] # pyst2 is untyped
    """A caller's channel, led over standard input and output."""

    def __init__(self) -> None:
        self._parser = ReplyParser()
        super().__init__(sys.stdin, sys.stdout, _Silent())

    @property
    def caller_id(self) -> str:
        """The number that phones, as Asterisk gives it."""
        return str(self.env.get("agi_callerid", ""))

    @property
    def language(self) -> str:
        """The channel's language at the start: the caller's choice, where one was made before."""
        return str(self.env.get("agi_language", ""))

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:
        """The reply to a command, in pyst2's form. Raises AGIHangup, AGIAppError."""
        reply = self._reply()
        if reply.code == 511 or reply.data == "hangup":
            raise AGIResultHangup("the caller has hung up")
        if reply.code != 200:
            raise AGIAppError(f"Asterisk answered {reply.code}")
        return {"result": (reply.result or "", reply.data or ""), "endpos": (str(reply.endpos or 0), "")}

    def play(self, sounds: Sequence[Path]) -> str:
        """Play sounds; a key ends it and is returned."""
        for sound in sounds:
            result, _ = self._done("STREAM FILE", quote(str(sound)), quote(_ALL_KEYS))
            if result not in ("0", ""):
                return chr(int(result))
        return ""

    def collect(self, sound: Path | None, keys: int, seconds: float) -> str:
        """Play a sound, interrupted by the first key, and gather up to `keys` keys."""
        if sound is None:
            return self._wait(keys, seconds)
        words = (quote(str(sound)), quote(round(seconds * 1000)), quote(keys))
        result, _ = self._done("GET DATA", *words)
        return result

    def _wait(self, keys: int, seconds: float) -> str:
        """Gather keys in silence (GET DATA takes no empty sound)."""
        pressed = ""
        while len(pressed) < keys:
            result = self.execute("WAIT FOR DIGIT", quote(round(seconds * 1000)))["result"][0]
            if result == "-1":
                raise AGIResultHangup("the caller has hung up")
            if result in ("0", str(ord("#"))):
                break
            pressed += chr(int(result))
        return pressed

    def record(self, path: Path, seconds: int, silence: int) -> int:
        """Record raw A-law to `path`.alaw until `#`, silence or time; returns the samples recorded."""
        words = (quote(str(path)), "alaw", quote("#"), quote(seconds * 1000), quote(f"s={silence}"))
        answer = self.execute("RECORD FILE", *words)
        if answer["result"][0] == "-1":
            self._raise_if_gone()
        return int(answer["endpos"][0])

    def variable(self, name: str) -> str:
        """A variable of the channel; "" where it is not set."""
        return str(self.execute("GET VARIABLE", quote(name))["result"][1])

    def set_variable(self, name: str, value: str) -> None:
        """Set a variable of the channel."""
        self.execute("SET VARIABLE", quote(name), quote(value))

    def _quote(self, string: object) -> str:
        return quote(string if isinstance(string, int) else str(string))

    def _done(self, command: str, *words: str) -> tuple[str, str]:
        result, data = self.execute(command, *words)["result"]
        if result == "-1":
            self._raise_if_gone()
            return "", data
        return result, data

    def _raise_if_gone(self) -> None:
        """-1 means a caller who is gone, or a file that is; only the channel's state tells."""
        if self.execute("CHANNEL STATUS")["result"][0] != _UP:
            raise AGIResultHangup("the caller has hung up")

    def _reply(self) -> Reply:
        while line := self.stdin.readline():
            for event in self._parser.feed(line.encode("utf-8", "surrogateescape")):
                if isinstance(event, Hangup):
                    self._got_sighup = True
                else:
                    return event
        raise AGIResultHangup("Asterisk has closed the pipe")


class _Silent(io.TextIOBase):
    """Where pyst2's chatter, callers' numbers among it, goes."""

    def write(self, text: str) -> int:
        """Nothing is written."""
        return len(text)
