"""What travels between the bridge and agencies' office automation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from casebridge.cases.schemas import Language
from casebridge.links.schemas import CaseCopy, CodeText, UnitText
from casebridge.wire import Id, Instant, PlainText, Wire

Agency = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Url = Annotated[str, StringConstraints(min_length=8, max_length=500)]


class WebhookForm(Wire):
    """A new endpoint."""

    agency: Agency
    name: Annotated[PlainText, Field(min_length=1, max_length=128)]
    url: Url
    actions: list[CodeText] = Field(default=[], max_length=40)
    """Actions it is told of; empty: all."""


class WebhookView(Wire):
    """An endpoint as operators see it; secret and token are nowhere to be read."""

    id: Id
    agency: str
    name: str
    url: str
    actions: list[str]
    created_at: Instant
    created_by: str
    disabled_at: Instant | None


class WebhookList(Wire):
    """All endpoints."""

    items: list[WebhookView]


class NewWebhook(Wire):
    """An endpoint with its secret and its token; this is the only time they can be read."""

    webhook: WebhookView
    secret: str
    """Signs what we send."""
    token: str
    """Opens the way back in."""


class TestResult(Wire):
    """What an endpoint made of a test message."""

    delivered: bool
    error: str | None


class ApplicantMasked(Wire):
    """As much of the applicant as an agency's system gets unasked."""

    identifier_kind: str
    identifier_masked: str
    contact_masked: str | None


class Message(Wire):
    """What an endpoint is told."""

    id: Id
    """The same id again is the same message."""
    type: Annotated[str, StringConstraints(max_length=80)]
    """`case.<action>`, or `test`."""
    at: Instant
    agency: str
    case: CaseCopy | None
    applicant: ApplicantMasked | None
    detail: dict[str, Any]


class AgencyCase(Wire):
    """A case in an agency's hands."""

    case: CaseCopy
    applicant: ApplicantMasked


class AgencyAnswer(Wire):
    """An answer from an agency's system."""

    text: Annotated[PlainText, Field(min_length=1, max_length=20_000)]
    language: Language = Language.FA
    kind: Literal["final", "interim"] = "final"


class AgencyReferral(Wire):
    """A referral by an agency's system: "not ours" is a referral, never a closure."""

    to_unit: UnitText
    note: Annotated[PlainText, Field(max_length=2000)] | None = None


class Taken(Wire):
    """The state a case has come to."""

    case_id: Id
    status: str
    owner_unit: str | None
