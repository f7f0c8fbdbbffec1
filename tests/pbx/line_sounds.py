"""Sounds for tests of a whole line: prompts and voices unlike one another, and knowing one again."""

from __future__ import annotations

import audioop
import zlib
from pathlib import Path

import numpy as np

from ivr import prompts
from line111.call.hearing import RATE, Samples

LIKE = 0.95
"""Correlation of loudness from which a recording is what was said."""


def voice_like(name: str, seconds: float) -> Samples:
    """A sound of its own for each name, as loud and as changeable as speech."""
    chance = np.random.default_rng(zlib.crc32(name.encode()))
    length = int(seconds * RATE)
    points = np.arange(0, length + 800, 800)
    loudness = np.interp(np.arange(length), points, chance.uniform(1200, 9000, len(points)))
    wave = np.convolve(chance.normal(size=length), np.ones(5) / 5, "same") * loudness
    return np.asarray(wave.clip(-30_000, 30_000).astype(np.int16))


def write_short_prompts(folder: Path, seconds: float = 0.18) -> None:
    """Every prompt of both languages as a short sound unlike all others; the record tone is a tone."""
    tone = (9000 * np.sin(2 * np.pi * 1000 * np.arange(int(0.3 * RATE)) / RATE)).astype(np.int16)
    for language in prompts.LANGUAGES:
        for name in prompts.required(language):
            sound = tone if name == prompts.BEEP else voice_like(f"{language}/{name}", seconds)
            if name == prompts.PAUSE:
                sound = np.zeros(400, np.int16)
            file = folder / language / f"{name}.alaw"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(audioop.lin2alaw(sound.tobytes(), 2))


def envelope(samples: Samples) -> np.ndarray:
    """Loudness in steps of 20 ms."""
    frames = samples[: len(samples) // 160 * 160].astype(np.float64).reshape(-1, 160)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def likeness(sound: bytes, said: Samples) -> float:
    """Correlation of loudness of what was said with the most like stretch of an A-law recording."""
    whole = envelope(np.frombuffer(audioop.alaw2lin(sound, 2), np.int16))
    part = envelope(said)
    stretches = [whole[at : at + len(part)] for at in range(len(whole) - len(part) + 1)]
    return max((float(np.corrcoef(one, part)[0, 1]) for one in stretches if one.std()), default=0.0)


def share_in_order(sound: bytes, said: Samples, piece_seconds: float = 0.5) -> float:
    """Which part of what was said is heard, piece by piece and in its order.

    A machine too busy to send a packet in time shifts all that follows. `likeness` of the whole takes that
    for another sound; a listener does not.
    """
    whole = envelope(np.frombuffer(audioop.alaw2lin(sound, 2), np.int16))
    spoken, length = envelope(said), int(piece_seconds * RATE) // 160
    pieces = [spoken[at : at + length] for at in range(0, len(spoken) - length + 1, length)]
    found, after = 0, 0
    for piece in pieces:
        places = range(after, len(whole) - length + 1)
        like = {at: _correlation(whole[at : at + length], piece) for at in places}
        best = max(like, key=lambda at: like[at], default=None)
        if best is not None and like[best] > LIKE:
            found, after = found + 1, best + length - 1
    return found / len(pieces)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() and other.std() else 0.0
