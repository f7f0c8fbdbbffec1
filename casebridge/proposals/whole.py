"""What a person at the screen gets: proposals from end to end, thresholds and all, on unseen sentences.

`data/unseen.csv` is a third part: written after model, settings and thresholds were settled, and looked
at for this alone. Whoever changes a threshold by it must write a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from casebridge.country.schemas import Sheet
from casebridge.country.seeding import first_lines
from casebridge.country.snapshot import Country
from casebridge.proposals.corpus import LANGUAGES, Corpus, Example
from casebridge.proposals.model import Model
from casebridge.proposals.reading import read_kind, read_subject

INTRODUCTION: Final = """\
## From end to end

What a person is shown, thresholds applied: a subject (or its field, where no more is sure), the agency that
leads in what was proposed, a kind. A subject counts as right where it is the label itself, a field where it
is the label's. An agency is right where it is the one that leads in the label. The *unseen* sentences
(`casebridge/proposals/data/unseen.csv`) were written after everything else was settled; nothing was chosen by
them. By the same kind of hand as the others, they still flatter."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence: for each thing proposed whether it is right; None: nothing was proposed."""

    language: str
    found: dict[str, bool | None]


ROWS: Final = {
    "exact": "the subject itself",
    "field": "at least its field",
    "agency": "the agency",
    "kind": "the kind",
    "all": "subject or field, agency and kind",
}


def first_country() -> Country:
    """The country of this release's data files."""
    lines = {sheet: [line.item for line in first_lines(sheet)] for sheet in Sheet if sheet in _TABLES}
    places, agencies, subjects = (
        {item.code: item for item in lines[sheet]} for sheet in (Sheet.PLACES, Sheet.AGENCIES, Sheet.SUBJECTS)
    )
    return Country("first", places, agencies, subjects, tuple(lines[Sheet.DUTIES]))


_TABLES: Final = frozenset({Sheet.PLACES, Sheet.AGENCIES, Sheet.SUBJECTS, Sheet.DUTIES})


def show(model: Model, data: Corpus, land: Country, example: Example) -> Shown:
    """What is proposed for a sentence, judged by its label."""
    subject, kind = read_subject(model, example.text), read_kind(model, example.text)
    code = subject.chosen.code if subject else None
    is_field = code is not None and code == data.field_of(code)
    found: dict[str, bool | None] = {
        "exact": None if code is None or is_field else code == example.subject,
        "field": None if code is None else data.field_of(code) == data.field_of(example.subject),
        "agency": None,
        "kind": kind.chosen.code == example.kind if kind else None,
    }
    if code is not None and (agency := land.competent(code)):
        found["agency"] = agency == land.competent(example.subject)
    told = [found[name] for name in ("field", "agency", "kind")]
    found["all"] = None if None in told else all(told)
    return Shown(example.language, found)


def chapter(model: Model, data: Corpus) -> list[str]:
    """The chapter of the docs: held-back sentences and unseen ones, as on the telephone."""
    land = first_country()

    def judged(examples: Sequence[Example]) -> list[Shown]:
        return [show(model, data, land, example) for example in examples if example.subject]

    parts = {"held back": judged(data.held_back_spoken), "unseen": judged(data.unseen_spoken)}
    parts |= {
        f"unseen, {language}": [one for one in parts["unseen"] if one.language == language]
        for language in LANGUAGES
    }
    head = "| proposed (with an opening) | " + " | ".join(f"{name} ({len(of)})" for name, of in parts.items())
    lines = [head + " |", "|---" * (len(parts) + 1) + "|"]
    for name, words in ROWS.items():
        cells = (_share(name, of) for of in parts.values())
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    told = "How often something is proposed, how often that is right, and right among all sentences:"
    return [INTRODUCTION, told, "\n".join(lines)]


def _share(name: str, of: Sequence[Shown]) -> str:
    proposed = [one.found[name] for one in of if one.found[name] is not None]
    right = proposed.count(True)
    shares = [_percent(len(proposed), len(of)), _percent(right, len(proposed)), _percent(right, len(of))]
    return "{}, {}, **{}**".format(*shares)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "—"
