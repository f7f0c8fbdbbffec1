"""The sound of an answer: the official's own voice, or the text spoken here. It stays on no disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ivr.call import Call
from ivr.line import Reply


@asynccontextmanager
async def answer_sound(
    call: Call, code: str, identity: tuple[str, str], reply: Reply
) -> AsyncIterator[Path | None]:
    """A sound to play while the block runs, None where there is none; it is gone with the block.

    A voice that can't be had now is replaced by the spoken text. Nothing else of the call's is removed.
    """
    folder = call.audio.folder
    call.audio.prepare()
    sound = None
    try:
        if reply.recording_id is not None:
            sound = await call.line.fetch_voice(code, *identity, folder)
        if sound is None:
            sound = await call.line.read_out(reply.language, reply.text, folder)
        yield sound
    finally:
        if sound is not None:
            sound.with_suffix(".alaw").unlink(missing_ok=True)
        with suppress(OSError):  # a message of this call still waits in it for the bridge
            folder.rmdir()
