"""What travels about calls."""

from __future__ import annotations

from typing import Any

from casebridge.cases.schemas import Language
from casebridge.wire import Id, Instant, Wire


class Call(Wire):
    """A call from answer to hang-up."""

    id: Id
    call_id: str
    node: str
    language: Language
    started_at: Instant
    answered_at: Instant | None
    ended_at: Instant
    outcome: str
    intake_id: Id | None
    code_told: bool
    journal: list[dict[str, Any]]


class CallPage(Wire):
    """A page of calls, newest first."""

    items: list[Call]
    next_cursor: str | None
