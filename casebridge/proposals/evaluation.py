"""How good the proposals are on sentences that were never learned from, as a page of the docs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from casebridge.proposals import whole
from casebridge.proposals.corpus import LANGUAGES, TARGETS, Corpus, Example
from casebridge.proposals.model import Model
from casebridge.proposals.rules import SURE

STEPS: Final = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
NONE: Final = "(none)"
INTRODUCTION: Final = """\
# Proposals of subject and kind

`line111 proposals evaluate` learns anew from `casebridge/proposals/data/` and writes this page. What it
judges by are the rows marked `held_back`, a fifth of each subject: they are not learned from.

Read the figures for what they are. All sentences were written by hand for this repository, learned and
held-back ones by the same hand, and `terms.csv` with them; what citizens say is more varied, and a
recogniser mishears it. Settings and thresholds were chosen by looking at the held-back ones, too, which
flatters the figures; those of sentences nobody looked at stand first. Expect less on the line. When real
cases have been confirmed, add such sentences (without what identifies a person) to the data, keep a fifth of
them back, and run the command again.

A proposal below its threshold is not shown: the page says that it does not know. Nothing is decided by a
proposal; a person confirms it, and the history says who.
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """One held-back sentence: what it is, what was proposed, how surely."""

    language: str
    truth: str
    proposed: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the proposal is the label."""
        return self.truth == self.proposed


def judge(model: Model, data: Corpus, target: str, examples: Sequence[Example]) -> list[Judged]:
    """What the model proposes for each sentence: its field or its kind."""
    found = model.probable(target, [example.text for example in examples])
    return [
        Judged(example.language, data.label(example, target) or NONE, best[0][0] or NONE, best[0][1])
        for example, best in zip(examples, found, strict=True)
    ]


def judge_subjects(model: Model, data: Corpus, examples: Sequence[Example]) -> list[Judged]:
    """What is proposed within the right field, for sentences that have a subject below it."""
    judged = []
    for example in examples:
        field = data.field_of(example.subject)
        if field != example.subject and model.decides(field):
            code, confidence = model.probable(field, [example.text])[0][0]
            judged.append(Judged(example.language, example.subject, code, confidence))
    return judged


def accuracy(judged: Sequence[Judged]) -> float:
    """The share of right ones; 0 of none."""
    return sum(entry.is_right for entry in judged) / len(judged) if judged else 0.0


def page(model: Model, data: Corpus) -> str:
    """The page of the docs."""
    sentences = [example for example in data.learned if example.kind is not None]
    parts = [
        INTRODUCTION,
        f"Learned from {len(sentences) // 2} sentences (each with and without an opening) and "
        f"{len(data.learned) - len(sentences)} terms; judged by {len(data.held_back)} sentences and by "
        f"{len(data.unseen_spoken)} unseen ones.",
        *whole.chapter(model, data),
    ]
    for target in TARGETS:
        judged = judge(model, data, target, data.held_back)
        spoken = judge(model, data, target, data.held_back_spoken)
        parts += _chapter(target, judged, spoken)
        parts.append(_confusion(judged) if target == "kind" else _confused(judged))
    within = [judge_subjects(model, data, part) for part in (data.held_back, data.held_back_spoken)]
    parts += [*_chapter("subject", *within), _confused(within[0])]
    return "\n\n".join(part.strip() for part in parts) + "\n"


CHAPTERS: Final = {
    "field": "## Field\n\nThe top of the tree: water, health, schools …",
    "kind": "## Kind",
    "subject": "## Subject within its field\n\nWhere the field is right, how often the subject below it is.",
}


def _chapter(target: str, judged: Sequence[Judged], spoken: Sequence[Judged]) -> list[str]:
    return [CHAPTERS[target], _accuracies(judged, spoken), _thresholds(target, spoken)]


def _accuracies(judged: Sequence[Judged], spoken: Sequence[Judged]) -> str:
    lines = ["| sentences | as written | with an opening | of |", "|---|---|---|---|"]
    for language in (*LANGUAGES, "both"):
        mine, said = (
            [entry for entry in entries if language in (entry.language, "both")]
            for entries in (judged, spoken)
        )
        lines.append(f"| {language} | {accuracy(mine):.0%} | {accuracy(said):.0%} | {len(mine)} |")
    return "Right among all, whatever the confidence:\n\n" + "\n".join(lines)


def _thresholds(target: str, judged: Sequence[Judged]) -> str:
    lines = ["| confidence from | proposed for | of these right |", "|---|---|---|"]
    for step in STEPS:
        sure = [entry for entry in judged if entry.confidence >= step]
        mark = " **(in use)**" if step == SURE[target] else ""
        lines.append(f"| {step:.1f}{mark} | {len(sure) / len(judged):.0%} | {accuracy(sure):.0%} |")
    return "What a threshold buys (with an opening):\n\n" + "\n".join(lines)


def _confusion(judged: Sequence[Judged]) -> str:
    names = sorted({entry.truth for entry in judged} | {entry.proposed for entry in judged})
    counts = Counter((entry.truth, entry.proposed) for entry in judged)
    lines = ["| is ↓ proposed → | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for truth in names:
        cells = (str(counts[truth, proposed] or "·") for proposed in names)
        lines.append(f"| {truth} | " + " | ".join(cells) + " |")
    return "Confusion (sentences as written):\n\n" + "\n".join(lines)


def _confused(judged: Sequence[Judged]) -> str:
    counts = Counter((entry.truth, entry.proposed) for entry in judged if not entry.is_right)
    lines = ["| is | proposed | times |", "|---|---|---|"]
    lines += [
        f"| {truth} | {proposed} | {count} |"
        for (truth, proposed), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "Confusion (sentences as written; what was always right is left out):\n\n" + "\n".join(lines)
