"""What Asterisk's answers mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.agi.commands import AgiChannel, Recording
from ivr.agi.protocol import ReplyParser


class Answering:
    """A session whose every command gets the same answer."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def send(self, *_command, timeout: float):  # noqa: ASYNC109 - as the real one
        (reply,) = ReplyParser().feed(self._answer + b"\n")
        return reply


@pytest.mark.parametrize(("answer", "recording"), [
    (b"200 result=35 (dtmf) endpos=48000", Recording(48000, "#")),
    (b"200 result=0 (timeout) endpos=1440000", Recording(1440000, "")),
    (b"200 result=173861 (timeout) endpos=48000", Recording(48000, "")),  # ended by silence
    (b"200 result=1738610 (timeout) endpos=48000", Recording(48000, "")),  # no character has this number
])  # fmt: skip
async def test_recording_ended_by_silence_was_ended_by_no_key(answer: bytes, recording: Recording) -> None:
    channel = AgiChannel(Answering(answer))
    assert await channel.record(Path("/calls/1/take01-part01"), seconds=180, silence=6) == recording
