"""A reply read out to its applicant: text to speech at the moment of the call, for no prompt can know it."""

from __future__ import annotations

import asyncio
import logging
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

from ivr.durable import FILE_MODE

log = logging.getLogger(__name__)

_VOICES: Final = {"fa": ("fa", "135"), "en": ("en-us", "150")}
"""espeak-ng voice and words a minute, by language."""
_SECONDS: Final = 15.0
_LONGEST: Final = 1500
"""Letters read out; the rest is on the case page and in the text message."""


async def read_out(language: str, text: str, folder: Path) -> Path | None:
    """Speak a text into `<folder>/reply.alaw`.

    Returns:
        The sound without its extension; None where this machine can't speak (the caller then hears
        that there is a reply, and its date). The text goes by standard input, never by a command line.
    """
    voice, speed = _VOICES.get(language, _VOICES["en"])
    sound = folder / "reply"
    try:
        async with asyncio.timeout(_SECONDS):
            wave = await _run(
                ("espeak-ng", "-v", voice, "-s", speed, "--stdin", "--stdout"), text[:_LONGEST].encode()
            )
            alaw = await _run(
                ("ffmpeg", "-v", "error", "-i", "pipe:0", "-ar", "8000", "-ac", "1", "-f", "alaw", "pipe:1"),
                wave,
            )
    except (OSError, TimeoutError, _SpeechFailed) as error:
        log.warning("a reply could not be read out: %s", error or type(error).__name__)
        return None
    file = sound.with_suffix(".alaw")
    file.write_bytes(alaw)
    file.chmod(FILE_MODE)
    return sound


class _SpeechFailed(Exception):
    """The speech program ended with an error or said nothing."""


async def _run(command: tuple[str, ...], given: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    try:
        out, _ = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not out:
        raise _SpeechFailed(f"{command[0]} ended with {process.returncode}")
    return out
