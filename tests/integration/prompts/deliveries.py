"""Recordings as studios deliver them, of noise with the loudness of speech."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from asterisk_conf.prompts import sound


def record(path: Path, seconds: float = 4.0, rate: int = 48000, gain: float = 0.1, channels: int = 1) -> Path:
    """A recording with the loudness of speech."""
    random = np.random.default_rng(7)
    count = int(seconds * rate)
    envelope = 0.3 + np.abs(np.sin(np.arange(count) * 2 * np.pi * 3 / rate))
    samples = (np.clip(random.standard_normal(count), -3, 3) * envelope * gain / 4).astype(np.float32)
    return write(path, samples, rate, channels)


def write(path: Path, samples: sound.Samples, rate: int, channels: int = 1, width: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        raw = sound.to_int16(np.repeat(samples, channels))
        file.writeframes(
            raw if width == 2 else bytes(128 + sample // 256 for sample in np.frombuffer(raw, "<i2"))
        )
    return path
