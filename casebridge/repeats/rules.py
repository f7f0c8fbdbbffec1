"""How like two cases of one applicant are, and why. Pure.

The likeness is the weighted mean of five parts, each from 0 to 1. A part nobody can tell yet (no text, no
subject) counts half: it speaks neither for a repeat nor against one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from casebridge.search.rules import BOUNDARY

WEIGHTS: Final = {"words": 0.5, "subject": 0.2, "kind": 0.1, "place": 0.1, "days": 0.1}
UNKNOWN: Final = 0.5
LIKELY: Final = 0.6
"""From this likeness on a case is offered as a repeat; below, it is another matter of the same person."""
HALF_LIFE_DAYS: Final = 30.0
"""After so many days nearness in time counts half."""
SHORTEST_WORD: Final = 3
STEM: Final = 5
"""Letters two words must begin with to be the same word with another ending."""
MOST_SHOWN: Final = 8
_SAME_PROVINCE: Final = 0.7
"""The province is the same and a county unknown."""
_OTHER_COUNTY: Final = 0.3


@dataclass(frozen=True, slots=True)
class Matter:
    """What is compared of a case; `words` in the spelling of the search (`search.rules.searchable`)."""

    words: str
    kind: str
    opened_at: datetime
    subject: str | None = None
    province: str | None = None
    county: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a likeness; `value` None: not known yet."""

    name: str
    value: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like two matters are (0–1), of what it is made, and which words both have."""

    score: float
    parts: tuple[Part, ...]
    shared_words: tuple[str, ...]
    days_apart: int

    @property
    def is_likely(self) -> bool:
        """Whether it is worth asking: is this the same matter?"""
        return self.score >= LIKELY


def likeness(one: Matter, other: Matter) -> Likeness:
    """How like two matters are; the same whichever comes first."""
    words, shared = _words(one, other)
    days = abs(one.opened_at - other.opened_at).total_seconds() / 86_400
    values = {
        "words": words,
        "subject": _same(one.subject, other.subject),
        "kind": _same(_kind(one), _kind(other)),
        "place": _place(one, other),
        "days": 0.5 ** (days / HALF_LIFE_DAYS),
    }
    parts = tuple(Part(name, value, WEIGHTS[name]) for name, value in values.items())
    score = sum(part.weight * (UNKNOWN if part.value is None else part.value) for part in parts)
    return Likeness(round(score, 3), parts, shared, int(days))


def _words(one: Matter, other: Matter) -> tuple[float | None, tuple[str, ...]]:
    """Dice's coefficient of the words, their endings cut off; the shared ones as the first has them."""
    first, second = _stems(one.words), _stems(other.words)
    if not first or not second:
        return None, ()
    shared = [stem for stem in first if stem in second]
    value = 2 * len(shared) / (len(first) + len(second))
    return value, tuple(first[stem] for stem in shared[:MOST_SHOWN])


def _stems(words: str) -> dict[str, str]:
    """The words by their beginnings, in the order they were said."""
    found: dict[str, str] = {}
    for word in words.split():
        if len(word) >= SHORTEST_WORD and word != BOUNDARY:
            found.setdefault(word[:STEM], word)
    return found


def _kind(matter: Matter) -> str | None:
    return None if matter.kind == "unclassified" else matter.kind


def _same(one: str | None, other: str | None) -> float | None:
    return None if one is None or other is None else float(one == other)


def _place(one: Matter, other: Matter) -> float | None:
    if one.province is None or other.province is None:
        return None
    if one.province != other.province:
        return 0.0
    if one.county is None or other.county is None:
        return _SAME_PROVINCE
    return 1.0 if one.county == other.county else _OTHER_COUNTY
