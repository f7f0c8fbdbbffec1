"""What was said: words with times, gathered into segments of one speaker, in the order of the talk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from persian.digits import to_persian
from persian.letters import HALF_SPACE, normalise_transcript

LONGEST_SEGMENT_WORDS = 400
"""A pause ends a segment; one who never pauses is cut here, so that a page stays light."""


def _persian(text: str) -> str:
    return to_persian(normalise_transcript(text))


WRITTEN: dict[str, Callable[[str], str]] = {"fa": _persian}
"""How a language's text is put into its proper written form; only the spaces between words may go."""


@dataclass(frozen=True)
class Word:
    """A word, its place in the recording (milliseconds) and how sure the recogniser is (0…1)."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True)
class Segment:
    """Words of one speaker without a longer pause."""

    speaker: str
    words: tuple[Word, ...]

    @property
    def start_ms(self) -> int:
        """When the first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """When the last word ends."""
        return self.words[-1].end_ms

    @property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(word.text for word in self.words)


def segments_of(result: dict[str, Any], speaker: str, language: str) -> list[Segment]:
    """Segments of one result of the recogniser (`{"result": [{"word", "start", "end", "conf"}, …]}`).

    Times there are in seconds. The words are put into the written form of their language.
    """
    heard = [
        Word(
            item["word"],
            round(item["start"] * 1000),
            round(item["end"] * 1000),
            min(1.0, max(0.0, float(item["conf"]))),
        )
        for item in result.get("result", ())
    ]
    words = as_written(heard, language)
    return [
        Segment(speaker, tuple(words[first : first + LONGEST_SEGMENT_WORDS]))
        for first in range(0, len(words), LONGEST_SEGMENT_WORDS)
    ]


def as_written(heard: list[Word], language: str) -> list[Word]:
    """The words in the written form of their language.

    What the recogniser hears as two words and Persian writes as one (a verb and its prefix, a noun
    and its ending, with a half-space between) becomes one word, from the beginning of the first to
    the end of the last, as sure as the less sure of them.
    """
    written = WRITTEN.get(language, str)
    single = [replace(word, text=text) for word in heard if (text := "".join(written(word.text).split()))]
    waiting = iter(single)
    words = []
    for text in written(" ".join(word.text for word in single)).split():
        parts = [next(waiting)]
        while len(_letters(parts)) < len(text.replace(HALF_SPACE, "")):
            parts.append(next(waiting))
        sure = min(part.confidence for part in parts)
        words.append(Word(text, parts[0].start_ms, parts[-1].end_ms, sure))
    return words


def _letters(parts: list[Word]) -> str:
    return "".join(part.text for part in parts).replace(HALF_SPACE, "")


def in_talking_order(segments: Iterable[Segment]) -> list[Segment]:
    """Segments of both speakers by the time they begin; a segment that another one interrupts is
    divided there, so that question and answer follow each other as they were spoken."""
    pieces: list[Segment] = []
    every = sorted(segments, key=lambda segment: segment.start_ms)
    for segment in every:
        cuts = [other.start_ms for other in every if _interrupts(other, segment)]
        pieces.extend(_divided(segment, cuts))
    return sorted(pieces, key=lambda segment: (segment.start_ms, segment.end_ms))


def _interrupts(other: Segment, segment: Segment) -> bool:
    return other.speaker != segment.speaker and segment.start_ms < other.start_ms < segment.end_ms


def _divided(segment: Segment, cuts: list[int]) -> list[Segment]:
    """The segment cut before the first word that begins at or after each moment."""
    pieces: list[Segment] = []
    words = list(segment.words)
    for cut in sorted(cuts):
        before = [word for word in words if word.start_ms < cut]
        if before and len(before) < len(words):
            pieces.append(replace(segment, words=tuple(before)))
            words = words[len(before) :]
    return [*pieces, replace(segment, words=tuple(words))]


def as_text(segments: Iterable[Segment]) -> str:
    """The whole talk, a line a segment."""
    return "\n".join(segment.text for segment in segments)
