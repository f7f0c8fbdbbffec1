"""What travels about answers and services."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from casebridge.cases.schemas import Language
from casebridge.country.schemas import SubjectCode
from casebridge.referrals.schemas import Seen
from casebridge.wire import CallId, Id, Instant, PlainText, Wire

AnswerText = Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=8_000)]


class AnswerForm(Wire):
    """An answer to the applicant."""

    text: AnswerText
    language: Language = Language.FA
    kind: Literal["final", "interim"] = "final"
    recording_id: UUID | None = None
    """The official's own voice, uploaded before."""
    version: Seen = None


class DecisionForm(Wire):
    """What the applicant says to the answer, told by an agent."""

    accepted: bool
    text: Annotated[PlainText, StringConstraints(strip_whitespace=True, max_length=4_000)] | None = None
    call_id: CallId | None = None
    """The call in which they said so; the callback is known by itself."""
    version: Seen = None


class ServiceForm(Wire):
    """What was done for the applicant (4-4)."""

    what: Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    subject: SubjectCode | None = None


class AnswerLine(Wire):
    """An answer as a case shows it."""

    id: Id
    at: Instant
    unit_code: str
    actor: str
    kind: Literal["final", "interim"]
    text: str
    language: Language
    recording_id: Id | None
    decision: str | None
    decided_at: Instant | None
    decided_by: str | None
    objection_text: str | None
    objection_recording_id: Id | None


class ServiceLine(Wire):
    """A service record as a case shows it."""

    at: Instant
    unit_code: str
    actor: str
    subject: str | None
    what: str
