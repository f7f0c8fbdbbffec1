"""The AGI commands a conversation needs, typed. Paths of sounds have no extension: Asterisk picks one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ivr.agi.session import CallerHungUp, Session

log = logging.getLogger(__name__)

ALL_KEYS = "0123456789*#"
_QUICK = 10.0
"""Seconds for commands that play and wait for nothing."""
_PLAYING = 600.0
"""Seconds for commands that play; longer than any prompt or message."""
_UP = 6
"""CHANNEL STATUS of a channel that is up."""
_READ_VARIABLE = "LINE111_KEYS"
_AT_ONCE = "0.001"
_NO_APPLICATION = "-2"
_READ_FORBIDS = frozenset(',&()|"\\$')
"""Characters that mean something in the arguments of a dialplan application."""


@dataclass(frozen=True, slots=True)
class Recording:
    """How a recording ended.

    Attributes:
        samples: what Asterisk says it has recorded.
        key: the key that ended it, or "".
    """

    samples: int
    key: str


class Channel(Protocol):
    """A caller's channel as the conversation sees it. Every method raises CallEnded."""

    async def answer(self) -> None:
        """Take the call."""

    async def play(self, sounds: Sequence[Path]) -> str:
        """Play sounds one after the other; a key ends it and is returned ("" where none was pressed)."""

    async def collect(self, sounds: Sequence[Path], keys: int, seconds: float) -> str:
        """Play sounds, interrupted by the first key, and gather up to `keys` keys.

        `#` ends the gathering and is not among them. After `seconds` without a key it ends too.
        """

    async def record(self, path: Path, *, seconds: int, silence: int) -> Recording:
        """Record raw A-law to `path`.alaw until `#`, `silence` s of silence, or `seconds`."""

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable of the channel."""

    async def get_variable(self, name: str) -> str | None:
        """A variable of the channel; None where it is not set."""


class AgiChannel:
    """A channel led by AGI commands."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    async def answer(self) -> None:
        """ANSWER. Raises CallerHungUp where the channel can't be answered any more."""
        if (await self._session.send("ANSWER", timeout=_QUICK)).result == "-1":
            raise CallerHungUp

    async def play(self, sounds: Sequence[Path]) -> str:
        """STREAM FILE for one sound; several go in one Read, so no key falls between two of them."""
        if len(sounds) > 1 and all(map(_fits_read, sounds)):
            key = await self._read(sounds, 1, _AT_ONCE)
            if key is not None:
                return key
        for sound in sounds:
            reply = await self._session.send("STREAM FILE", str(sound), ALL_KEYS, timeout=_PLAYING)
            if reply.result == "-1":
                await self._explain(sound)
            elif reply.number > 0:
                return chr(reply.number)
        return ""

    async def collect(self, sounds: Sequence[Path], keys: int, seconds: float) -> str:
        """GET DATA for one sound, WAIT FOR DIGIT for none; several sounds go in one Read."""
        if len(sounds) > 1:
            read = await self._read(sounds, keys, f"{seconds:.3f}") if all(map(_fits_read, sounds)) else None
            if read is not None:
                return read
            first = await self.play(sounds[:-1])
            if first == "#" or (first and keys == 1):
                return first.strip("#")
            if first:
                return first + await self.collect([], keys - 1, seconds)
        return await self._get_data(sounds[-1], keys, seconds) if sounds else await self._wait(keys, seconds)

    async def record(self, path: Path, *, seconds: int, silence: int) -> Recording:
        """RECORD FILE. The file is closed when this returns, and also when it raises CallerHungUp."""
        reply = await self._session.send(
            "RECORD FILE", str(path), "alaw", "#", seconds * 1000, f"s={silence}", timeout=seconds + 30
        )
        if reply.result == "-1":
            await self._explain(path)
        # only with "dtmf" is the result a key; after silence it is the time that was left (res_agi.c)
        key = chr(reply.number) if reply.data == "dtmf" else ""
        return Recording(samples=reply.endpos or 0, key=key)

    async def set_variable(self, name: str, value: str) -> None:
        """SET VARIABLE."""
        await self._session.send("SET VARIABLE", name, value, timeout=_QUICK)

    async def get_variable(self, name: str) -> str | None:
        """GET VARIABLE."""
        return (await self._session.send("GET VARIABLE", name, timeout=_QUICK)).data

    async def _get_data(self, sound: Path, keys: int, seconds: float) -> str:
        words = (str(sound), _milliseconds(seconds), keys)
        reply = await self._session.send("GET DATA", *words, timeout=_PLAYING)
        if reply.result == "-1":
            await self._explain(sound)
            return await self._wait(keys, seconds)
        return reply.result or ""

    async def _wait(self, keys: int, seconds: float) -> str:
        """Gather keys in silence (GET DATA takes no empty sound)."""
        pressed = ""
        while len(pressed) < keys:
            reply = await self._session.send(
                "WAIT FOR DIGIT", _milliseconds(seconds), timeout=seconds + _QUICK
            )
            if reply.result == "-1":
                raise CallerHungUp
            if reply.number == 0 or chr(reply.number) == "#":
                break
            pressed += chr(reply.number)
        return pressed

    async def _read(self, sounds: Sequence[Path], keys: int, seconds: str) -> str | None:
        """None where this Asterisk has no Read; then sounds are played one command each."""
        files = "&".join(map(str, sounds))
        arguments = f"{_READ_VARIABLE},{files},{keys},,1,{seconds}"
        reply = await self._session.send("EXEC Read", arguments, timeout=_PLAYING)
        if reply.result == _NO_APPLICATION:
            log.error("Asterisk has not loaded app_read: keys may be lost between two prompts")
            return None
        if reply.result == "-1":
            await self._explain(sounds[0])
        return await self.get_variable(_READ_VARIABLE) or ""

    async def _explain(self, sound: Path) -> None:
        """Asterisk says -1 both for a caller who is gone and for a file that is; find out which."""
        status = await self._session.send("CHANNEL STATUS", timeout=_QUICK)
        if status.result != str(_UP):
            raise CallerHungUp
        log.error("Asterisk could not play or record a file", extra={"file": str(sound)})


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _fits_read(sound: Path) -> bool:
    return not _READ_FORBIDS & set(str(sound))
