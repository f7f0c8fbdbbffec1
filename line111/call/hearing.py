"""The citizen's ear: when the line speaks, when it is silent, when the record tone sounds.

Fed with 8 kHz samples as they arrive; knows no phone and no clock of its own. Asterisk sends no RTP
while it records or waits for a key, so what does not arrive counts as silence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

RATE = 8000
FRAME = 160
"""Samples looked at together: 20 ms, one RTP packet of G.711."""
TONE_HZ = 1000.0
"""The record tone (prompt `message/beep`)."""

Samples = npt.NDArray[np.int16]

_SOUND_LEVEL = 10 ** (-46 / 20) * 32768  # RMS; A-law's own idle noise is far below
_TONE_SHARE = 0.85  # of a frame's energy in one frequency: speech never reaches it for long
_TONE_FRAMES = 6  # 120 ms
_GAP = 0.3  # seconds of silence within one piece of speech
_LATE = 0.2  # seconds that packets may be late before the hole counts as silence


@dataclass
class Sound:
    """A stretch of the line's speech, in seconds of the call's clock."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def goertzel_share(frame: Samples, hertz: float) -> float:
    """Share (0 to 1) of a frame's energy that lies at one frequency (Goertzel's algorithm).

    Args:
        frame: 16-bit samples; best a whole number of the frequency's periods.
        hertz: the frequency looked for.
    """
    samples: list[int] = frame.tolist()
    energy = float(sum(sample * sample for sample in samples))
    if energy == 0.0:
        return 0.0
    coefficient = 2.0 * math.cos(2.0 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = last * last + before * before - coefficient * last * before
    return min(1.0, 2.0 * power / (energy * len(samples)))


def is_loud(frame: Samples) -> bool:
    """Whether a frame holds sound at all, not the idle noise of a line."""
    return float(np.sqrt(np.mean(frame.astype(np.float64) ** 2))) > _SOUND_LEVEL


@dataclass
class Ear:
    """Hears a call.

    Args:
        tone_hz: frequency of the record tone.
        on_frame: is given each 20 ms and the moment they began.
    """

    tone_hz: float = TONE_HZ
    on_frame: Callable[[Samples, float], None] | None = None
    sounds: list[Sound] = field(default_factory=list)
    tones: list[Sound] = field(default_factory=list)
    _pieces: list[Samples] = field(default_factory=list, repr=False)
    _length: int = 0
    _rest: Samples = field(default_factory=lambda: np.zeros(0, np.int16), repr=False)
    _tone_frames: int = 0

    @property
    def first_sound_at(self) -> float | None:
        """Begin of the first sound; None: nothing was heard yet."""
        return self.sounds[0].start if self.sounds else None

    @property
    def last_sound_at(self) -> float | None:
        """End of the latest sound so far."""
        return self.sounds[-1].end if self.sounds else None

    @property
    def tone_ended_at(self) -> float | None:
        """End of the latest record tone; None while it sounds or before."""
        if not self.tones or self._tone_frames >= _TONE_FRAMES:
            return None
        return self.tones[-1].end

    @property
    def samples(self) -> Samples:
        """All that was heard, silence put in where nothing arrived: the call's clock times 8,000."""
        return np.concatenate([*self._pieces, self._rest]) if self._pieces else self._rest

    def feed(self, samples: Samples, now: float) -> None:
        """Take samples that arrived at `now` (seconds since the call was answered; may be empty)."""
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= FRAME:
            frame, self._rest = self._rest[:FRAME], self._rest[FRAME:]
            self._look_at(frame)
        missing = int(now * RATE) - self._length - len(self._rest)
        if missing > _LATE * RATE:  # whole frames, so that packets stay packets
            self._be_silent((missing - int(_LATE * RATE / 2)) // FRAME * FRAME)

    def _look_at(self, frame: Samples) -> None:
        start = self._length / RATE
        self._pieces.append(frame)
        self._length += FRAME
        end = self._length / RATE
        if self.on_frame is not None:
            self.on_frame(frame, start)
        loud = is_loud(frame)
        if loud and goertzel_share(frame, self.tone_hz) > _TONE_SHARE:
            self._hear_tone(end)
        else:
            self._tone_frames = 0
        if loud:
            self._hear(start, end)

    def _hear(self, start: float, end: float) -> None:
        if self.sounds and start - self.sounds[-1].end < _GAP:
            self.sounds[-1].end = end
        else:
            self.sounds.append(Sound(start, end))

    def _hear_tone(self, end: float) -> None:
        self._tone_frames += 1
        if self._tone_frames == _TONE_FRAMES:
            self.tones.append(Sound(end - _TONE_FRAMES * FRAME / RATE, end))
        elif self._tone_frames > _TONE_FRAMES:
            self.tones[-1].end = end

    def _be_silent(self, missing: int) -> None:
        hole = np.zeros(missing, np.int16)
        self._pieces.append(np.concatenate([self._rest, hole]))
        self._length += len(self._rest) + missing
        self._rest = np.zeros(0, np.int16)
        self._tone_frames = 0
