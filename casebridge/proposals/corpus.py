"""What the proposals are learned from: sentences and terms of this folder's `data/`, labelled by hand.

`sentences_<language>.csv` has text, kind, subject and part; rows of the part `held_back` are never learned
from, and `unseen.csv` has those by which nothing was chosen either. `terms.csv` names, for each subject, the
things it is about; the country's own names of subjects are terms as well. An empty subject: none.
`openings.csv` has what people say before they come to it: each sentence is learned with and without one, so
that a greeting speaks for nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

LANGUAGES: Final = ("fa", "en")
TARGETS: Final = ("field", "kind")
"""What is told apart over all examples; the subject is told apart within its field."""
_SEPARATOR: Final = " | "


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text; `kind` None: a term, which has a subject only."""

    text: str
    language: str
    subject: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Corpus:
    """All examples, and the hash of the files they stand in."""

    learned: tuple[Example, ...]
    held_back: tuple[Example, ...]
    held_back_spoken: tuple[Example, ...]
    """The same with an opening before them, as on the telephone."""
    unseen_spoken: tuple[Example, ...]
    """Sentences nothing was chosen by, with an opening; the model is the same whatever they say."""
    parents: dict[str, str]
    """Which subject stands above which in the tree the data is labelled by."""
    digest: str

    def field_of(self, subject: str) -> str:
        """The subject at the top of the tree above this one."""
        while subject in self.parents:
            subject = self.parents[subject]
        return subject

    def label(self, example: Example, target: str) -> str | None:
        """What an example is labelled with: its field, its kind, or None where that is not known."""
        return self.field_of(example.subject) if target == "field" else example.kind


@cache
def corpus() -> Corpus:
    """The examples of the data files."""
    folder = files("casebridge.proposals") / "data"
    learned: list[Example] = []
    held_back: list[Example] = []
    names = [f"sentences_{language}.csv" for language in LANGUAGES]
    for language, name in zip(LANGUAGES, names, strict=True):
        for row in _rows(folder / name):
            example = Example(row["text"], language, row["subject"], row["kind"])
            (held_back if row["part"] == "held_back" else learned).append(example)
    openings = _openings(folder)
    spoken = [with_opening(example, openings) for example in learned]
    said_back = [with_opening(example, openings) for example in held_back]
    unseen = [
        with_opening(Example(row["text"], row["language"], row["subject"], row["kind"]), openings)
        for row in _rows(folder / "unseen.csv")
    ]
    tree = files("casebridge.country") / "data" / "subjects.csv"
    subjects = _rows(tree)
    terms = [*_terms(folder), *_names(subjects)]
    read = [*(folder / name for name in (*names, "terms.csv", "openings.csv")), tree]
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in read))
    parents = {row["code"]: row["parent"] for row in subjects if row["parent"]}
    return Corpus(
        (*learned, *spoken, *terms),
        tuple(held_back),
        tuple(said_back),
        tuple(unseen),
        parents,
        digest.hexdigest(),
    )


def with_opening(example: Example, openings: dict[str, list[str]]) -> Example:
    """The sentence as somebody says it on the telephone, always with the same opening."""
    choice = openings[example.language]
    number = hashlib.sha256(example.text.encode()).digest()[0]
    return replace(example, text=f"{choice[number % len(choice)]} {example.text}")


def _openings(folder: Traversable) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for row in _rows(folder / "openings.csv"):
        found[row["language"]].append(row["text"])
    return found


def _terms(folder: Traversable) -> list[Example]:
    return [
        Example(term, row["language"], row["subject"], None)
        for row in _rows(folder / "terms.csv")
        for term in row["terms"].split(_SEPARATOR)
    ]


def _names(subjects: list[dict[str, str]]) -> list[Example]:
    return [
        Example(row[f"name_{language}"], language, row["code"], None)
        for row in subjects
        for language in LANGUAGES
    ]


def _rows(file: Traversable) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
