"""A recording made ready for the recogniser: 16-bit samples at the rate the model wants, in one pass.

What the line itself records is raw G.711 A-law at 8 kHz, one channel (a message) or two interleaved
(a conversation); it is read here directly. Anything else (an imported voice mail, a WAV, an MP3) is
probed with pydub and decoded by ffmpeg. Both come as blocks, so an hour of sound needs no more
memory than a second of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray
from pydub.utils import mediainfo_json

Samples = NDArray[np.int16]
"""Shape (frames, channels)."""

SHORTEST_MS = 300
"""A recording shorter than this holds no word."""
SILENCE_PEAK = 64
"""Highest sample (of 32767) of a recording in which nobody spoke: -54 dBFS, A-law's noise floor and some."""
BLOCK_MS = 500
SOUND_FILES = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1")
"""How the formats begin that may be imported (WAV, Ogg, FLAC, MP3, AAC). Nothing else is shown to
ffmpeg: a playlist would have it read other files."""


class RecordingBroken(Exception):
    """The recording can't be read as sound. `detail` is a word for screens and counts."""

    def __init__(self, detail: str, message: str) -> None:
        super().__init__(message)
        self.detail = detail


class RecordingEmpty(Exception):
    """Nothing was said: `detail` is `no_sound` (no bytes), `too_short` or `silence`."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"the recording is empty: {detail}")
        self.detail = detail


class Audio(Protocol):
    """An opened recording."""

    @property
    def rate(self) -> int:
        """Frames a second of what `blocks` gives."""

    @property
    def channels(self) -> int:
        """One or two."""

    @property
    def duration_ms(self) -> int:
        """Length of the recording."""

    def blocks(self) -> Iterator[Samples]:
        """The sound, block by block. Raises RecordingBroken where it can't be read on."""


def _alaw_table() -> NDArray[np.int16]:
    """All 256 codes of G.711 A-law as 16-bit samples (ITU-T G.711, table 1a)."""
    code = np.arange(256) ^ 0x55  # even bits are inverted on the line
    segment = (code & 0x70) >> 4
    step = ((code & 0x0F) << 4) + 8
    size = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


ALAW = _alaw_table()


@dataclass(frozen=True)
class RawAlaw:
    """Raw A-law as Asterisk records it, channels interleaved."""

    path: Path
    rate: int
    channels: int

    @property
    def duration_ms(self) -> int:
        """Length of the recording."""
        return self.path.stat().st_size * 1000 // (self.rate * self.channels)

    def blocks(self) -> Iterator[Samples]:
        """The sound, block by block."""
        size = self.rate * self.channels * BLOCK_MS // 1000
        with self.path.open("rb", buffering=0) as file:
            while block := file.read(size):
                if len(block) % self.channels:
                    raise RecordingBroken("cut_off", "the last frame of a recording lacks a channel")
                yield ALAW[np.frombuffer(block, np.uint8)].reshape(-1, self.channels)


@dataclass(frozen=True)
class Decoded:
    """A recording of any format ffmpeg knows, decoded by it as it is read."""

    path: Path
    rate: int
    channels: int
    duration_ms: int

    def blocks(self) -> Iterator[Samples]:
        """The sound, block by block."""
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-xerror", "-i", f"file:{self.path}"]
        command += ["-map", "0:a:0", "-ac", str(self.channels), "-ar", str(self.rate), "-f", "s16le", "-"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        ) as process:
            try:
                assert process.stdout is not None  # noqa: S101 - for the type checker: PIPE was asked for
                yield from self._samples(process.stdout)
            finally:
                process.kill()
            if process.wait() > 0:
                raise RecordingBroken("unreadable", "ffmpeg could not decode the recording to its end")

    def _samples(self, stream: IO[bytes]) -> Iterator[Samples]:
        size = self.rate * self.channels * 2 * BLOCK_MS // 1000
        while block := stream.read(size):
            whole = len(block) - len(block) % (2 * self.channels)
            yield np.frombuffer(block[:whole], np.int16).reshape(-1, self.channels)
        stream.close()


def open_recording(path: Path, *, encoding: str = "alaw", rate: int = 8000, channels: int = 1) -> Audio:
    """Open a recording for reading.

    Args:
        encoding: "alaw" for the line's own raw recordings, anything else is looked at (`wav`, `mp3` …).
        rate, channels: of a raw recording; other formats say it themselves.

    Raises:
        RecordingEmpty: no bytes, or shorter than a word.
        RecordingBroken: not a recording, or one of more than two channels.
    """
    if path.stat().st_size == 0:
        raise RecordingEmpty("no_sound")
    audio: Audio = RawAlaw(path, rate, channels) if encoding == "alaw" else _probe(path)
    if audio.channels not in (1, 2):
        raise RecordingBroken("channels", f"a recording has one or two channels, not {audio.channels}")
    if audio.duration_ms < SHORTEST_MS:
        raise RecordingEmpty("too_short")
    return audio


def _probe(path: Path) -> Decoded:
    with path.open("rb") as file:
        if not file.read(4).startswith(SOUND_FILES):
            raise RecordingBroken("unreadable", "the file does not begin like a sound file")
    try:
        info = mediainfo_json(str(path), read_ahead_limit=-1)
        stream = next(stream for stream in info["streams"] if stream["codec_type"] == "audio")
        seconds = float(stream.get("duration") or info["format"]["duration"])
        return Decoded(path, int(stream["sample_rate"]), int(stream["channels"]), int(seconds * 1000))
    except (StopIteration, KeyError, ValueError, OSError):
        raise RecordingBroken("unreadable", "the file is no sound that ffmpeg knows") from None


def prepared(audio: Audio, rate: int) -> Iterator[list[bytes]]:
    """The sound at `rate`, one byte string of 16-bit samples a channel, block by block.

    Raises:
        RecordingEmpty: at the end, when no block was louder than silence.
        RecordingBroken: the recording can't be read on.
    """
    streams = [_resampler(audio.rate, rate) for _ in range(audio.channels)]
    peak = 0
    for block in audio.blocks():
        peak = max(peak, int(np.abs(block.astype(np.int32)).max(initial=0)))
        yield [_resampled(stream, block[:, number]) for number, stream in enumerate(streams)]
    if peak <= SILENCE_PEAK:
        raise RecordingEmpty("silence")
    yield [_rest(stream) for stream in streams]


def _resampler(source: int, target: int) -> soxr.ResampleStream | None:
    # Medium quality: telephone sound has nothing above 4 kHz that a longer filter could save.
    return None if source == target else soxr.ResampleStream(source, target, 1, "int16", "MQ")


def _resampled(stream: soxr.ResampleStream | None, channel: Samples) -> bytes:
    if stream is None:
        return channel.tobytes()
    data: bytes = stream.resample_chunk(np.ascontiguousarray(channel)).tobytes()
    return data


def _rest(stream: soxr.ResampleStream | None) -> bytes:
    if stream is None:
        return b""
    data: bytes = stream.resample_chunk(np.zeros(0, np.int16), last=True).tobytes()
    return data
