"""When a proposal is made, and which words are told as its reasons. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SURE: Final = {"field": 0.30, "kind": 0.50, "subject": 0.60}
"""Below this probability the answer is "I don't know" (docs/proposals.md shows what that buys). That of a
subject is its probability within its field: below, the field itself is proposed."""
MOST_REASONS: Final = 5
MOST_ALTERNATIVES: Final = 2
WORTH_TELLING: Final = 0.05
"""An alternative less probable than this is not told; a word that adds less than this share neither."""
FEWEST_WORDS: Final = 2
MOST_LETTERS: Final = 4_000
"""What is read of a text: an applicant says what it is about at its beginning."""


class NotLearned(Exception):
    """No readable model is kept: `line111 proposals learn` makes one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A class that is proposed, how probable it is, and what else it might be."""

    code: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]


def choose(target: str, probable: Sequence[tuple[str, float]]) -> Chosen | None:
    """The most probable class where it is probable enough and one at all; None: not known."""
    (code, confidence), *others = probable
    if not code or confidence < SURE[target]:
        return None
    told = tuple((other, value) for other, value in others if other and value >= WORTH_TELLING)
    return Chosen(code, confidence, told[:MOST_ALTERNATIVES])


def choose_within(field: Chosen, probable: Sequence[tuple[str, float]]) -> Chosen:
    """The subject within a field that was chosen, or the field itself; probabilities are of the whole."""
    within = choose("subject", probable)
    if within is None:
        return field
    nearest = tuple((code, field.confidence * value) for code, value in within.alternatives[:1])
    others = (*nearest, *field.alternatives)[:MOST_ALTERNATIVES]
    return Chosen(within.code, field.confidence * within.confidence, others)


def reasons_to_tell(shares: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The words that speak for a proposal, the weightiest first, each with its share of all that do."""
    positive = [(word, weight) for word, weight in shares if weight > 0]
    whole = sum(weight for _, weight in positive)
    told = [(word, weight / whole) for word, weight in positive if weight / whole >= WORTH_TELLING]
    return told[:MOST_REASONS]


def readable(texts: Sequence[str | None]) -> str | None:
    """What is read of a case; None where nothing worth reading was said yet."""
    text = " ".join(text for text in texts if text)[:MOST_LETTERS]
    return text if len(text.split()) >= FEWEST_WORDS else None
