"""What travels about callbacks."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Annotated

from pydantic import Field, WithJsonSchema

from casebridge.cases.schemas import Kind, Language, Province
from casebridge.intakes.schemas import Wished
from casebridge.wire import Id, Instant, Name, TrackingCode, Wire

Clock = Annotated[time, WithJsonSchema({"type": "string", "examples": ["09:00:00"]})]
"""An hour of the country's clock: a time without a zone, which JSON Schema has no format for."""


class State(StrEnum):
    """States of a callback."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"


class Outcome(StrEnum):
    """How an attempt ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    LATER = "later"


class NewCallback(Wire):
    """A callback for a case that is there already."""

    case_id: Id
    wished: Wished = Wished.ASAP
    queue: Name = "general"


class ClaimQuestion(Wire):
    """Who takes the next callback, and from which queues (None: from any)."""

    agent: Name
    queues: Annotated[list[Name], Field(min_length=1, max_length=50)] | None = None


class AgentQuestion(Wire):
    """The agent who holds the claim (None: whoever holds it)."""

    agent: Name | None = None


class Finish(Wire):
    """How the attempt ended; `later` needs `later_at`."""

    outcome: Outcome
    later_at: Instant | None = None


class OfficeTimes(Wire):
    """When callbacks are made, so that a node can tell its callers without asking: hours of the country's
    clock, and every day off from `first` to `last`."""

    office_begins: Clock
    afternoon_begins: Clock
    office_ends: Clock
    first: date
    last: date
    days_off: list[date]


class Callback(Wire):
    """A callback in line. `contact_number` is given to the one who has claimed it, to nobody else."""

    id: Id
    case_id: Id
    tracking_code: TrackingCode | None
    kind: Kind
    language: Language
    province: Province | None
    state: State
    queue: Name
    wished: Wished
    arrived_at: Instant
    due_at: Instant
    claimed_by: str | None
    lease_until: Instant | None
    attempts: int
    outcome: Outcome | None
    contact_number: str | None = None


class CallbackPage(Wire):
    """A page of callbacks in the order they will be served."""

    items: list[Callback]
    next_cursor: str | None
    total: int
