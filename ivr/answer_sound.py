"""The sound of an answer (the official's own voice, or the text spoken here) or a question; not kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.call import Call
from ivr.line import Question, Reply


@asynccontextmanager
async def answer_sound(
    call: Call, code: str, identity: tuple[str, str], reply: Reply
) -> AsyncIterator[Path | None]:
    """A sound to play while the block runs, None where there is none; it is gone with the block.

    A voice that can't be had now is replaced by the spoken text. Nothing else of the call's is removed.
    """
    with _passing(call) as kept:
        if reply.recording_id is not None:
            kept.sound = await call.line.fetch_voice(code, *identity, kept.folder)
        if kept.sound is None:
            kept.sound = await call.line.read_out(reply.language, reply.text, kept.folder)
        yield kept.sound


@asynccontextmanager
async def question_sound(call: Call, question: Question) -> AsyncIterator[Path | None]:
    """A question spoken here, as `answer_sound` does with an answer."""
    with _passing(call) as kept:
        kept.sound = await call.line.read_out(question.language, question.text, kept.folder)
        yield kept.sound


@dataclass
class _Kept:
    folder: Path
    sound: Path | None = None


@contextmanager
def _passing(call: Call) -> Iterator[_Kept]:
    """A sound in the call's folder that is gone with the block."""
    kept = _Kept(call.audio.folder)
    call.audio.prepare()
    try:
        yield kept
    finally:
        if kept.sound is not None:
            kept.sound.with_suffix(".alaw").unlink(missing_ok=True)
        with suppress(OSError):  # a message of this call still waits in it for the bridge
            kept.folder.rmdir()
