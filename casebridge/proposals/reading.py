"""What a model makes of a text: the codes it proposes, with the words that decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from casebridge.proposals.model import Model
from casebridge.proposals.rules import Chosen, choose, choose_within, reasons_to_tell


@dataclass(frozen=True, slots=True)
class Reading:
    """A code that is proposed, and the words that speak for it with their shares."""

    chosen: Chosen
    reasons: list[tuple[str, float]]


def read_kind(model: Model, text: str) -> Reading | None:
    """The kind a text seems to have; None: not known."""
    chosen = choose("kind", model.probable("kind", [text])[0])
    return Reading(chosen, _told(model, text, {"kind": chosen.code})) if chosen else None


def read_subject(
    model: Model, text: str, is_known: Callable[[str], bool] = lambda _code: True
) -> Reading | None:
    """The subject a text seems to be about, or its field where no more is sure; None: not known.

    Args:
        is_known: whether the country's tree (still) has a subject.
    """
    field = choose("field", model.probable("field", [text])[0])
    if field is None or not is_known(field.code):
        return None
    decided, chosen = {"field": field.code}, field
    if model.decides(field.code):
        within = [entry for entry in model.probable(field.code, [text])[0] if is_known(entry[0])]
        chosen = choose_within(field, within) if within else field
    if chosen.code != field.code:
        decided[field.code] = chosen.code
    return Reading(chosen, _told(model, text, decided))


def _told(model: Model, text: str, decided: dict[str, str]) -> list[tuple[str, float]]:
    return reasons_to_tell(model.reasons(text, decided))
