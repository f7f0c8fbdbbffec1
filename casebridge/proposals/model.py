"""The model behind the proposals: learned at set-up from `data/`, kept as plain arrays, loaded once.

What is kept lies below the node's home under the hash of its data, its settings and the library that made
it; it is arrays alone (`allow_pickle=False`): a file from elsewhere could be wrong, but never run.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import sklearn
import structlog
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from casebridge.proposals import features as made_of
from casebridge.proposals.corpus import TARGETS, Corpus, corpus
from casebridge.proposals.features import Array, Features
from casebridge.proposals.rules import NotLearned

STRENGTH: Final = 30.0
"""Inverse of the regularisation (scikit-learn's C)."""
ROUNDS: Final = 300
SHAPE: Final = 2
"""Raised when the kept arrays change their meaning."""
UNREADABLE: Final = (OSError, ValueError, KeyError)
log = structlog.get_logger("casebridge.proposals")
_loading = threading.Lock()
_loaded: dict[Path, Model] = {}


@dataclass(frozen=True)
class Linear:
    """A linear decision between classes: a row of weights and an intercept for each."""

    classes: list[str]
    weights: Array
    intercepts: Array

    def probabilities(self, rows: Array) -> Array:
        """For each row, how probable each class is."""
        scores = rows @ self.weights.T + self.intercepts
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)


class Model:
    """Proposes a field, a subject within it, and a kind for a text.

    Args:
        decisions: `field` and `kind`, and by the name of each field the subjects below it.
    """

    def __init__(self, features: Features, decisions: dict[str, Linear]) -> None:
        self._features = features
        self._decisions = decisions

    def decides(self, target: str) -> bool:
        """Whether there is anything to tell apart (a field may have no subjects below it)."""
        return target in self._decisions

    def probable(self, target: str, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each text the classes of a target, the most probable first."""
        decision = self._decisions[target]
        found = decision.probabilities(self._features.rows(texts))
        return [[(decision.classes[index], float(row[index])) for index in np.argsort(-row)] for row in found]

    def reasons(self, text: str, wanted: Mapping[str, str]) -> list[tuple[str, float]]:
        """The words of a text with what each adds to these classes (by target), the weightiest first."""
        weights = sum(
            decision.weights[decision.classes.index(code)]
            for target, code in wanted.items()
            for decision in (self._decisions[target],)
        )
        shares = self._features.word_shares(text, weights)
        return sorted(shares.items(), key=lambda share: -share[1])

    def keep(self, file: Path) -> None:
        """Writes the model, whole or not at all."""
        arrays = self._features.arrays() | {"targets": np.array(list(self._decisions), dtype=np.str_)}
        for target, decision in self._decisions.items():
            arrays[f"{target}_classes"] = np.array(decision.classes, dtype=np.str_)
            arrays[f"{target}_weights"] = decision.weights
            arrays[f"{target}_intercepts"] = decision.intercepts
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        with beside.open("wb") as out:
            np.savez_compressed(out, **arrays)
        beside.replace(file)


def learn(data: Corpus) -> Model:
    """Learns from all examples that are not held back; some seconds of one core."""
    features = Features.learned_from([example.text for example in data.learned])
    labelled = {
        target: [(example, data.label(example, target)) for example in data.learned] for target in TARGETS
    }
    for example in data.learned:
        if (field := data.field_of(example.subject)) != example.subject:
            labelled.setdefault(field, []).append((example, example.subject))
    decisions = {}
    with threadpool_limits(1):  # the other cores are the callers'
        for target, rows in labelled.items():
            known = [(example.text, label) for example, label in rows if label is not None]
            if len({label for _, label in known}) > 1:
                decisions[target] = _decision(features, known)
    return Model(features, decisions)


def _decision(features: Features, known: Sequence[tuple[str, str]]) -> Linear:
    learner = LogisticRegression(C=STRENGTH, max_iter=ROUNDS, class_weight="balanced")
    learner.fit(features.rows([text for text, _ in known]), [label for _, label in known])
    classes = [str(name) for name in learner.classes_]
    weights, intercepts = learner.coef_, learner.intercept_
    if len(classes) == 2:  # scikit-learn keeps one row for two classes
        weights = np.vstack([-weights[0], weights[0]]) / 2
        intercepts = np.array([-intercepts[0], intercepts[0]]) / 2
    return Linear(classes, weights.astype(np.float32), intercepts)


def load(file: Path) -> Model:
    """A model that was kept. Raises OSError, ValueError, KeyError where it is none."""
    with np.load(file, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    decisions = {
        target: Linear(
            [str(name) for name in arrays[f"{target}_classes"]],
            arrays[f"{target}_weights"],
            arrays[f"{target}_intercepts"],
        )
        for target in arrays["targets"].tolist()
    }
    return Model(Features.from_arrays(arrays), decisions)


def model_at(folder: Path) -> Model:
    """The model of a node, from memory or from its file. For a thread, not the event loop.

    Args:
        folder: where it is kept (`Settings.proposals_dir`).

    Raises NotLearned; a service never learns by itself, since learning would hold up all it serves.
    """
    file = kept_in(folder)
    with _loading:
        if file not in _loaded:
            _loaded[file] = _from_file(file)
        return _loaded[file]


def kept_in(folder: Path) -> Path:
    """The file of the model that today's data, settings and library make."""
    return folder / f"{_fingerprint(corpus().digest)}.npz"


def learn_into(folder: Path) -> bool:
    """Learns where no readable model is kept, and forgets older ones; whether there was need to."""
    file = kept_in(folder)
    try:
        load(file)
    except UNREADABLE:
        learn(corpus()).keep(file)
        for old in folder.glob("*.npz"):
            if old != file:
                old.unlink(missing_ok=True)
        return True
    return False


def _from_file(file: Path) -> Model:
    try:
        return load(file)
    except UNREADABLE as error:
        log.warning("proposals_model_unreadable", error=type(error).__name__)
        raise NotLearned from error


def _fingerprint(data: str) -> str:
    made = (SHAPE, data, sklearn.__version__, STRENGTH, ROUNDS, made_of.WORDS, made_of.CHARACTERS)
    return hashlib.sha256(repr(made).encode()).hexdigest()[:32]
