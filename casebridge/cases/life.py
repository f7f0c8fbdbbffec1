"""The life of a case: which step may be taken in which state, and what state follows. Pure.

The drawing `docs/pictures/case_life.svg` is made from this table (`make pictures`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from casebridge.cases.schemas import Status


class Action(StrEnum):
    """What can happen to a case."""

    CLASSIFIED = "classified"
    """Kind, subject, agency, level or place were set."""
    REFERRED = "referred"
    RETURNED = "returned"
    """"Not ours": a referral back or on, never a closure."""
    WITHDRAWN = "withdrawn"
    """A referral nobody has touched yet is taken back."""
    TAKEN = "taken"
    ASKED = "asked"
    SUPPLIED = "supplied"
    """The applicant has given what was asked for."""
    INTERIM_ANSWER = "interim_answer"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    OBJECTED = "objected"
    SECOND_REVIEW = "second_review"
    ESCALATED = "escalated"
    SERVICE = "service_recorded"
    CLOSED = "closed"
    LINKED = "linked"
    UNLINKED = "unlinked"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action is allowed, and the state it leads to (None: the state stays)."""

    allowed: frozenset[Status]
    leads_to: Status | None = None


WAITING: Final = frozenset({Status.REGISTERED, Status.REFERRED, Status.SECOND_REVIEW})
"""Somebody has to take it in hand."""
OPEN: Final = WAITING | {Status.IN_HAND, Status.WAITING_APPLICANT}
"""An answer is owed: a deadline is set."""
UNDER_WAY: Final = OPEN | {Status.OBJECTED}
"""A deadline is set: an answer is owed, or a problem-solving session (9-1)."""
RUNNING: Final = UNDER_WAY - {Status.WAITING_APPLICANT}
"""The deadline is the unit's: it is reminded of it, is late with it, and loses the case by it. Who was asked
something has the time for themselves; the unit's goes on when they have given it, or were silent."""
ALL: Final = frozenset(Status)

STEPS: Final[dict[Action, Step]] = {
    Action.CLASSIFIED: Step(UNDER_WAY),
    Action.REFERRED: Step(UNDER_WAY, Status.REFERRED),
    Action.RETURNED: Step(OPEN, Status.REFERRED),
    Action.WITHDRAWN: Step(frozenset({Status.REFERRED}), Status.IN_HAND),
    Action.TAKEN: Step(WAITING, Status.IN_HAND),
    Action.ASKED: Step(WAITING | {Status.IN_HAND}, Status.WAITING_APPLICANT),
    Action.SUPPLIED: Step(frozenset({Status.WAITING_APPLICANT}), Status.IN_HAND),
    Action.INTERIM_ANSWER: Step(OPEN),
    Action.ANSWERED: Step(OPEN, Status.ANSWERED),
    Action.ACCEPTED: Step(frozenset({Status.ANSWERED}), Status.ACCEPTED),
    Action.OBJECTED: Step(frozenset({Status.ANSWERED}), Status.OBJECTED),
    Action.SECOND_REVIEW: Step(frozenset({Status.OBJECTED}), Status.SECOND_REVIEW),
    Action.ESCALATED: Step(RUNNING - {Status.OBJECTED}),
    Action.SERVICE: Step(ALL - {Status.CLOSED}),
    Action.CLOSED: Step(frozenset({Status.ANSWERED, Status.ACCEPTED, Status.OBJECTED}), Status.CLOSED),
    Action.LINKED: Step(UNDER_WAY, Status.CLOSED),
    Action.UNLINKED: Step(frozenset({Status.CLOSED}), Status.REGISTERED),
    Action.REOPENED: Step(frozenset({Status.CLOSED, Status.ACCEPTED}), Status.IN_HAND),
}


def may(action: Action, status: Status) -> bool:
    """Whether an action is allowed in a state."""
    return status in STEPS[action].allowed


def after(action: Action, status: Status) -> Status:
    """The state that follows."""
    return STEPS[action].leads_to or status


def has_deadline(status: Status) -> bool:
    """Whether a case in this state has a deadline, its unit's or the applicant's."""
    return status in UNDER_WAY


def ways() -> dict[tuple[Status, Status], list[Action]]:
    """From which state to which one comes by which actions; what changes no state is left out."""
    found: dict[tuple[Status, Status], list[Action]] = {}
    for action, step in STEPS.items():
        for status in Status:
            if status in step.allowed and step.leads_to not in (None, status):
                found.setdefault((status, step.leads_to or status), []).append(action)
    return found


def dot() -> str:
    """The table as a graph in Graphviz' language."""
    lines = [
        "digraph life {",
        "  rankdir=TB; nodesep=0.6; ranksep=0.7; bgcolor=white;",
        '  node [shape=box, style="rounded,filled", fillcolor="#dbeafe", color="#64748b", '
        'fontname="sans-serif", fontsize=12];',
        '  edge [color="#64748b", fontname="sans-serif", fontsize=10];',
        f"  begin [shape=point]; begin -> {Status.REGISTERED};",
        f'  {Status.CLOSED} [fillcolor="#e5e7eb"]; {Status.ANSWERED} [fillcolor="#bbf7d0"];',
        f'  {Status.ACCEPTED} [fillcolor="#bbf7d0"]; {Status.OBJECTED} [fillcolor="#fecaca"];',
        f'  {Status.SECOND_REVIEW} [fillcolor="#fef3c7"];',
    ]
    for (before, then), actions in ways().items():
        label = "\\n".join(action.replace("_", " ") for action in actions)
        lines.append(f'  {before} -> {then} [label="{label}"];')
    return "\n".join((*lines, "}", ""))
