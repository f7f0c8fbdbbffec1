"""Sound for browsers: A-law (ITU-T G.711) to 16-bit PCM in a WAV file of known size, and peaks."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

WAV_HEADER = 44
SAMPLE_BYTES = 2


def _table() -> NDArray[np.int16]:
    """The linear value of each A-law code (G.711, table 1a/1b; even bits inverted)."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    mantissa, segment = (code & 0x0F) << 4, (code & 0x70) >> 4
    linear = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, linear, -linear).astype("<i2")


ALAW = _table()


def to_pcm(alaw: bytes) -> bytes:
    """Signed 16-bit little-endian samples; channels stay interleaved."""
    return ALAW[np.frombuffer(alaw, dtype=np.uint8)].tobytes()


def wav_header(alaw_bytes: int, *, rate: int, channels: int) -> bytes:
    """The 44 bytes before the samples (RIFF WAVE, format 1)."""
    data = alaw_bytes * SAMPLE_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        data + WAV_HEADER - 8,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        rate,
        rate * channels * SAMPLE_BYTES,
        channels * SAMPLE_BYTES,
        8 * SAMPLE_BYTES,
        b"data",
        data,
    )


def wav_size(alaw_bytes: int) -> int:
    """Size of the WAV view, known without decoding."""
    return WAV_HEADER + alaw_bytes * SAMPLE_BYTES


def peaks(alaw: bytes, *, channels: int, count: int) -> list[list[float]]:
    """For each channel the loudest sample, 0…1, of each of at most `count` equal stretches."""
    samples = np.abs(ALAW[np.frombuffer(alaw, dtype=np.uint8)].astype(np.int32))
    frames = len(samples) // channels
    if not frames:
        return [[] for _ in range(channels)]
    by_channel = samples[: frames * channels].reshape(frames, channels)
    starts = np.unique(np.linspace(0, frames, min(count, frames), endpoint=False).astype(np.int64))
    loudest = np.maximum.reduceat(by_channel, starts, axis=0) / 32768
    return [[round(float(value), 4) for value in loudest[:, channel]] for channel in range(channels)]
