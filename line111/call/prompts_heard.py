"""Which of the line's prompts are heard: known by their very samples.

G.711 A-law goes through Asterisk and the network unchanged, so a few samples around each loudest point
are as good as a fingerprint, wherever the packets were cut. What is found here was truly heard,
independent of what the line writes about itself.
"""

from __future__ import annotations

import audioop
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from line111.call.hearing import RATE, Samples

_REACH = 64  # samples to each side within which a point must be the loudest
_PRINT = 16  # samples to each side that make its fingerprint
_LEAST = 600  # amplitude; softer sound has too few different samples
_ENOUGH = 5  # fingerprints (about 60 ms of speech) that must fit together
_AHEAD = 3  # fingerprints by which the best must lead another that begins with the same words
_COMMON = 8  # places; what occurs more often (a tone, a hum) tells nothing
_SLACK = 3 * RATE // 2  # samples that may be lost or late within one prompt
_OPENING = RATE  # samples from a prompt's beginning within which it is known to be said anew
_PREFERRED = ("digits/", "numbers/")


@dataclass
class PromptHeard:
    """A prompt that the line said."""

    at: float
    """When it began, in seconds of the call's clock."""
    language: str
    id: str
    """Its name in the catalogue of prompts, "group/name"."""
    until: float
    """End of what was heard of it so far."""


def loudest_points(samples: Samples) -> npt.NDArray[np.intp]:
    """Where the sound is loudest within 8 ms to each side; the same wherever the sound is cut out."""
    size = np.abs(samples.astype(np.int32))
    peak = size
    for step in (1, 2, 4, 8, 16, 32, 64):  # peak[i] becomes the maximum of size[i : i + 2 * step]
        peak = np.maximum(peak[:-step], peak[step:])
    centre = slice(_REACH, _REACH + len(peak))
    return np.flatnonzero((size[centre] == peak) & (peak >= _LEAST)) + _REACH


class PromptIndex:
    """The fingerprints of all prompts below a folder: `<folder>/<language>/<group>/<name>.alaw`."""

    def __init__(self, folder: Path) -> None:
        self.names: list[tuple[str, str]] = []
        """(language, id) of each prompt."""
        self._places: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        known: set[bytes] = set()
        for file in sorted(folder.glob("*/*/*.alaw"), key=_preferred_first):
            sound = file.read_bytes()
            if sound not in known:  # "one" as a digit and as a number may be the same sound
                known.add(sound)
                self._add(file, sound)

    def find(self, print_: bytes) -> Sequence[tuple[int, int]]:
        """Where this fingerprint comes from: (prompt's number, sample in it)."""
        places = self._places.get(print_, ())
        return places if len(places) <= _COMMON else ()

    def _add(self, file: Path, sound: bytes) -> None:
        language, group, name = file.with_suffix("").parts[-3:]
        self.names.append((language, f"{group}/{name}"))
        samples = np.frombuffer(audioop.alaw2lin(sound, 2), np.int16)
        if len(samples) <= 2 * _REACH:
            return
        for place in loudest_points(samples):
            self._places[_print_at(samples, place)].append((len(self.names) - 1, int(place)))


@dataclass
class _Run:
    """The prompt that is being said."""

    prompt: int
    place: int
    """Sample of the prompt that was heard last."""
    at: int
    """Sample of the call that it was."""

    def off_by(self, prompt: int, place: int, at: int) -> int | None:
        """Samples lost or late if this is a later part of the same saying; None: it is not."""
        ahead = place - self.place
        off = abs(ahead - (at - self.at))
        return off if prompt == self.prompt and ahead > 0 and off <= _SLACK else None


class PromptEar:
    """Listens for prompts, piece by piece."""

    def __init__(self, index: PromptIndex) -> None:
        self.heard: list[PromptHeard] = []
        self._index = index
        self._votes: dict[tuple[int, int], int] = defaultdict(int)
        self._told: set[tuple[int, int]] = set()
        self._recent: Samples = np.zeros(0, np.int16)
        self._taken = 0
        self._run: _Run | None = None

    def feed(self, samples: Samples, at: float) -> list[PromptHeard]:
        """Take samples that began at `at`; the prompts that are certain with them, each once."""
        self._recent = np.concatenate([self._recent, samples])
        self._taken += len(samples)
        if len(self._recent) <= 2 * _REACH:
            return []
        begin = self._taken - len(self._recent)
        clock = at - (self._taken - len(samples)) / RATE  # of the call's first sample
        before = len(self.heard)
        for point in loudest_points(self._recent):
            self._take(_print_at(self._recent, point), begin + int(point), clock)
        self._recent = self._recent[-2 * _REACH :]
        return self.heard[before:]

    def _take(self, print_: bytes, at: int, clock: float) -> None:
        places = self._index.find(print_)
        if self._goes_on(places, at):
            self.heard[-1].until = clock + at / RATE
            return
        best = self._vote([(prompt, at - place) for prompt, place in places])
        if best is None or best in self._told:
            return
        prompt, begin = best
        again = self._run is not None and self._run.prompt == prompt
        self._told.add(best)
        self._run = _Run(prompt, at - begin, at)
        if again and at - begin > _OPENING:
            return  # words that occur twice in it, or a gap: it is still the same saying
        name = self._index.names[prompt]
        self.heard.append(PromptHeard(clock + begin / RATE, *name, until=clock + at / RATE))

    def _goes_on(self, places: Sequence[tuple[int, int]], at: int) -> bool:
        """Whether this may belong to the prompt that is being said; the likeliest place is taken."""
        run = self._run
        if run is None:
            return False
        fitting = [
            (off, place) for prompt, place in places if (off := run.off_by(prompt, place, at)) is not None
        ]
        if fitting:
            run.place, run.at = min(fitting)[1], at
        return bool(fitting)

    def _vote(self, sayings: list[tuple[int, int]]) -> tuple[int, int] | None:
        """Count a fingerprint for every saying (prompt, sample it began at) that fits; the certain one."""
        for saying in sayings:
            self._votes[saying] += 1
        ranked = sorted(sayings, key=lambda saying: self._votes[saying], reverse=True)
        if not ranked or self._votes[ranked[0]] < _ENOUGH:
            return None
        lead = self._votes[ranked[0]] - (self._votes[ranked[1]] if len(ranked) > 1 else 0)
        return ranked[0] if lead >= _AHEAD else None


def _print_at(samples: Samples, point: int) -> bytes:
    return samples[point - _PRINT : point + _PRINT].astype("<i2").tobytes()


def told_codes(heard: Iterable[PromptHeard]) -> list[str]:
    """The tracking codes the line told: the digits after each `code/told_intro` and `code/repeat_intro`."""
    codes: list[str] = []
    telling = False
    for group, name in _split(heard):
        if group == "code" and name in ("told_intro", "repeat_intro"):
            codes.append("")
            telling = True
        elif telling and group == "digits":
            codes[-1] += name
        else:
            telling = False
    return [code for code in codes if code]


def _split(heard: Iterable[PromptHeard]) -> Iterator[tuple[str, str]]:
    for one in heard:
        group, _, name = one.id.partition("/")
        if group != "silence":
            yield group, name


def _preferred_first(file: Path) -> tuple[bool, str]:
    name = "/".join(file.parts[-2:])
    return not name.startswith(_PREFERRED), str(file)
