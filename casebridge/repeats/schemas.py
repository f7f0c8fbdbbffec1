"""What travels about repeats."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from casebridge.cases.schemas import IdentifierKind, Kind, Province, Status
from casebridge.wire import Id, Instant, Name, PlainText, TrackingCode, Wire

Share = Annotated[float, Field(ge=0, le=1)]


class LikenessPart(Wire):
    """A part of a likeness: words, subject, kind, place or days; `value` None: not known yet."""

    name: str
    value: Share | None
    weight: Share


class Candidate(Wire):
    """An earlier case that may be the same matter, and why it seems so."""

    id: Id
    tracking_code: TrackingCode | None
    kind: Kind
    status: Status
    province: Province | None
    opened_at: Instant
    excerpt: str | None
    likeness: Share
    is_likely: bool
    parts: list[LikenessPart]
    shared_words: list[str]
    days_apart: int


class Repeats(Wire):
    """What a case repeats, what repeats it, and what it may repeat (the likeliest first)."""

    linked_to: Id | None
    linked_to_code: TrackingCode | None
    linked_to_status: Status | None
    """Where the original stands: what its applicant is told of the repeat, too."""
    repeated_by: list[Id]
    candidates: list[Candidate]


class Link(Wire):
    """The case this one repeats."""

    to_case_id: Id


class MatterQuestion(Wire):
    """A matter that is about to be registered: has this applicant raised it before?"""

    identifier_kind: IdentifierKind
    identifier: Annotated[str, StringConstraints(pattern=r"^[0-9]{10,12}$")]
    kind: Kind = Kind.UNCLASSIFIED
    subject: Name | None = None
    province: Province | None = None
    county: Name | None = None
    text: Annotated[PlainText, Field(max_length=20_000)] = ""
