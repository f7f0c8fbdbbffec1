"""Sound of prompts: samples in, the two files Asterisk plays out (raw A-law 8 kHz, linear 16 kHz).

Every prompt comes out equally loud, without silence around it, and nowhere clipped, whoever spoke it.
Samples are float32 in -1…1, mono.
"""

from __future__ import annotations

import audioop
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]

ALAW_RATE: Final = 8000
LINEAR_RATE: Final = 16000
SPEECH_LEVEL_DBFS: Final = -19.0
"""RMS of the spoken parts: near the -19 dBFS that ITU-T G.711 networks carry without clipping."""
PEAK_DBFS: Final = -1.0
TONE_LEVEL_DBFS: Final = -16.0
VERSION: Final = 1
"""Part of every fingerprint: raise it when this file makes other sound of the same speech."""

_FRAME_MS: Final = 10
_GATE_DB: Final = 40.0
_MOST_GAIN_DB: Final = 40.0  # what is softer than that is noise, and stays soft
_KEEP_BEFORE_MS: Final = 40
_KEEP_AFTER_MS: Final = 80
_FADE_MS: Final = 5


def decibels(value: float) -> float:
    """An amplitude (1.0 is full scale) in dBFS; silence is -120."""
    return float(20 * np.log10(max(value, 1e-6)))


def from_int16(raw: bytes) -> Samples:
    """Samples of little-endian 16-bit PCM."""
    return (np.frombuffer(raw, dtype="<i2") / 32768).astype(np.float32)


def to_int16(samples: Samples) -> bytes:
    """Little-endian 16-bit PCM."""
    clipped = np.clip(samples, -1.0, 32767 / 32768)
    return bytes((clipped * 32768).round().astype("<i2").tobytes())


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """Samples at another rate (band-limited, soxr HQ)."""
    if rate == target:
        return samples
    return np.asarray(soxr.resample(samples, rate, target), dtype=np.float32)


def speech_level(samples: Samples, rate: int) -> float:
    """RMS in dBFS of the frames somebody speaks in: pauses do not make a sentence "softer"."""
    levels = _frame_levels(samples, rate)
    spoken = levels[levels > levels.max(initial=0.0) * 10 ** (-_GATE_DB / 20)]
    return decibels(float(np.sqrt(np.mean(spoken**2)))) if spoken.size else -120.0


def trim(samples: Samples, rate: int) -> Samples:
    """Without the silence around it, with a soft start and end so that nothing clicks."""
    start, end = _spoken_range(samples, rate)
    start = max(start - rate * _KEEP_BEFORE_MS // 1000, 0)
    end = min(end + rate * _KEEP_AFTER_MS // 1000, len(samples))
    kept = samples[start:end].copy()
    fade = min(rate * _FADE_MS // 1000, len(kept) // 2)
    if fade:
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        kept[:fade] *= ramp
        kept[-fade:] *= ramp[::-1]
    return kept


def level(samples: Samples, rate: int) -> Samples:
    """At the common loudness; peaks that would clip are turned down smoothly (5 ms look-ahead)."""
    gain_db = min(SPEECH_LEVEL_DBFS - speech_level(samples, rate), _MOST_GAIN_DB)
    samples = (samples * 10 ** (gain_db / 20)).astype(np.float32)
    ceiling = np.float32(10 ** (PEAK_DBFS / 20))
    if np.abs(samples).max(initial=0) <= ceiling:
        return samples
    window = rate // 200
    gain = np.minimum(1, ceiling / np.maximum(np.abs(samples), ceiling))
    gain = np.pad(gain, window, constant_values=1)
    lowest = np.lib.stride_tricks.sliding_window_view(gain, window).min(axis=1)
    smooth = np.convolve(lowest, np.ones(window) / window, mode="valid")
    first = (len(smooth) - len(samples)) // 2
    limited = samples * smooth[first : first + len(samples)].astype(np.float32)
    return np.clip(limited, -ceiling, ceiling).astype(np.float32)


def tone(hertz: int, length_ms: int, rate: int) -> Samples:
    """A sine at a comfortable level, with soft ends."""
    time = np.arange(rate * length_ms // 1000) / rate
    peak = np.sqrt(2) * 10 ** (TONE_LEVEL_DBFS / 20)
    wave: Samples = (peak * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    fade = rate // 100
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    wave[:fade] *= ramp
    wave[-fade:] *= ramp[::-1]
    return wave


def silence(length_ms: int, rate: int) -> Samples:
    """Nothing, for so long."""
    return np.zeros(rate * length_ms // 1000, dtype=np.float32)


def write_both(samples: Samples, rate: int, path: Path, *, speech: bool = False) -> int:
    """Write `<path>.alaw` and `<path>.sln16`, each whole or not at all; returns milliseconds.

    Speech is levelled in each: a word of sibilants loses half its power on a narrow band.
    A call that plays the file meanwhile goes on with the old one: files are renamed into place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)  # not secret, and Asterisk runs as another user
    narrow, wide = resample(samples, rate, ALAW_RATE), resample(samples, rate, LINEAR_RATE)
    if speech:
        narrow, wide = level(narrow, ALAW_RATE), level(wide, LINEAR_RATE)
    _replace(path.with_name(path.name + ".alaw"), audioop.lin2alaw(to_int16(narrow), 2))
    _replace(path.with_name(path.name + ".sln16"), to_int16(wide))
    return round(len(narrow) * 1000 / ALAW_RATE)


def _frame_levels(samples: Samples, rate: int) -> npt.NDArray[Any]:
    size = rate * _FRAME_MS // 1000
    whole = len(samples) // size * size
    frames = samples[:whole].astype(np.float64).reshape(-1, size)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def _spoken_range(samples: Samples, rate: int) -> tuple[int, int]:
    size = rate * _FRAME_MS // 1000
    levels = _frame_levels(samples, rate)
    spoken = np.flatnonzero(levels > levels.max(initial=0.0) * 10 ** (-_GATE_DB / 20))
    if not spoken.size:
        return 0, len(samples)
    last = len(samples) if spoken[-1] == len(levels) - 1 else int(spoken[-1] + 1) * size
    return int(spoken[0]) * size, last


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.chmod(0o644)
    part.replace(path)
