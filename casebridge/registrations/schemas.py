"""What travels when a person registers a case (articles 5-5 and 8-2)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from casebridge.cases.schemas import Channel, IdentifierKind, Kind, Language, Level, Province
from casebridge.country.schemas import AgencyCode, SubjectCode, UnitCode
from casebridge.problems import ProblemDetails
from casebridge.referrals.schemas import County
from casebridge.repeats.schemas import Candidate
from casebridge.wire import Id, Instant, PlainText, TrackingCode, Wire

PhoneText = Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()-]{3,32}$")]
EmailText = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$", max_length=190)]


class RegistrationForm(Wire):
    """A case as somebody at a desk, in the mail room or on a provincial trip writes it down."""

    channel: Channel
    kind: Kind
    language: Language = Language.FA
    identifier_kind: IdentifierKind = IdentifierKind.NATIONAL_ID
    identifier: Annotated[str, StringConstraints(pattern=r"^[0-9]{10,12}$")]
    contact_number: PhoneText | None = None
    email: EmailText | None = None
    """Where the applicant is written to who has no mobile number; kept like the number, encrypted."""
    text: Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    province: Province | None = None
    county: County | None = None
    level: Level | None = None
    """Left out: the level where such a subject is handled, otherwise that of the place."""
    agency: AgencyCode | None = None
    subject: SubjectCode | None = None
    complained_unit: UnitCode | None = None
    from_abroad: bool = False
    """An Iranian living abroad (9-2)."""
    beyond_province: bool = False
    marginal_note: bool = False
    """The president wrote on it (4-25)."""
    received_at: Instant | None = None
    """When a letter came; left out: now."""
    unit: UnitCode | None = Field(default=None)
    """The unit that registers it; left out: the Centre, or the unit one works for."""
    seen: list[Id] = Field(default=[], max_length=100)
    """Earlier cases of the applicant that who registers has looked at, and takes for another matter."""

    @model_validator(mode="after")
    def _county_lies_in_province(self) -> Self:
        if self.county and self.province and self.county[:2] != self.province:
            raise PydanticCustomError("place_mismatch", "the county lies in another province")
        return self


class RaisedBeforeDetails(ProblemDetails):
    """Why nothing was registered: earlier cases that are likely the same matter (`raised_before`)."""

    candidates: list[Candidate] = Field(default=[])


class Registered(Wire):
    """The case that was opened. Tell the applicant the code."""

    case_id: Id
    tracking_code: TrackingCode
    owner_unit: UnitCode
    article: str
    """The article by which it went there."""
    due_at: Instant | None
