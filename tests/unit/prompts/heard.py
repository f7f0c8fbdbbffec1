"""What is heard of a prompt's file, measured apart from what made it."""

from __future__ import annotations

import audioop
from pathlib import Path

import numpy as np

from asterisk_conf.prompts.sound import Samples, from_int16

FRAME_MS = 10
SILENT_DB = 40.0
"""So far below the loudest frame nobody speaks."""


def read_alaw(path: Path) -> Samples:
    """Samples of a raw A-law file (8 kHz)."""
    return from_int16(audioop.alaw2lin(path.read_bytes(), 2))


def edge_silence_ms(samples: Samples, rate: int) -> tuple[int, int]:
    """Milliseconds before the first and after the last frame with speech."""
    size = rate * FRAME_MS // 1000
    frames = samples[: len(samples) // size * size].astype(np.float64).reshape(-1, size)
    loudness = np.sqrt((frames**2).mean(axis=1))
    (spoken,) = np.nonzero(loudness > loudness.max() * 10 ** (-SILENT_DB / 20))
    return int(spoken[0]) * FRAME_MS, (len(frames) - 1 - int(spoken[-1])) * FRAME_MS
