"""What travels about referrals."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from casebridge.cases.schemas import Kind, Level, Province
from casebridge.country.schemas import AgencyCode, SubjectCode, UnitCode
from casebridge.wire import Instant, PlainText, Username, Wire

Note = Annotated[PlainText, StringConstraints(strip_whitespace=True, max_length=4_000)]
Seen = Annotated[int | None, Field(default=None, ge=0, le=2**31 - 1)]
"""The version that was seen; refused with 409 where the case has moved on."""
County = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Reason = Literal[
    "competence", "duties", "beyond_province", "opinion", "permit", "not_ours", "agency", "other"
]


class Classification(Wire):
    """What a case is about; what is left out stays.

    A subject, agency, unit or official complained of or place is emptied by null; kind, level and marks
    always say something.
    """

    kind: Kind | None = None
    level: Level | None = None
    subject: SubjectCode | None = None
    agency: AgencyCode | None = None
    province: Province | None = None
    county: County | None = None
    complained_unit: UnitCode | None = None
    complained_official: Username | None = None
    """The user name of the official it is about: they come to it by none of their units."""
    from_abroad: bool | None = None
    beyond_province: bool | None = None
    marginal_note: bool | None = None
    forward: bool = False
    """Whether the case goes on at once to the unit the rules name."""
    version: Seen = None

    @field_validator("kind", "level", "from_abroad", "beyond_province", "marginal_note")
    @classmethod
    def _always_says_something(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("missing", "this can't be emptied")
        return value

    def changes(self) -> dict[str, Any]:
        """What was said, by field; None where it is emptied."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"version", "forward"})


class Route(Wire):
    """Where a case belongs, and by which article of the regulation."""

    unit: UnitCode
    article: str


class ReferralForm(Wire):
    """Passing a case on."""

    to_unit: UnitCode
    reason: Reason = "competence"
    note: Note | None = None
    version: Seen = None


class StepForm(Wire):
    """A step that needs no more than a word."""

    note: Note | None = None
    version: Seen = None


class CloseForm(Wire):
    """How the Centre ends a case the applicant objected to twice (9-1), or one they accepted.

    What a session came to, which authority is competent, or what else ends it, is written down with it; of a
    session also when it was held and who took part.
    """

    reason: Literal["problem_solving_session", "competent_authority", "accepted", "other"]
    note: Note | None = Field(default=None, validate_default=True)
    held_on: date | None = Field(default=None, validate_default=True)
    participants: Note | None = Field(default=None, validate_default=True)
    version: Seen = None

    @field_validator("held_on", "participants")
    @classmethod
    def _says_who_met_and_when(cls, said: object, info: ValidationInfo) -> object:
        is_session = info.data.get("reason") == "problem_solving_session"
        if is_session and not said:
            raise PydanticCustomError("missing", "of a session it must be said")
        return said if is_session else None

    def session(self) -> dict[str, str]:
        """Day and participants of a problem-solving session, for the case's history."""
        if self.held_on is None or self.participants is None:
            return {}
        return {"held_on": self.held_on.isoformat(), "participants": self.participants}

    @field_validator("note")
    @classmethod
    def _says_how(cls, note: str | None, info: ValidationInfo) -> str | None:
        if not note and info.data.get("reason") != "accepted":
            raise PydanticCustomError("text_missing", "how it ends must be said")
        return note


class ReopenForm(Wire):
    """Why a closed case is worked on again."""

    reason: Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    version: Seen = None


class MarginalNote(Wire):
    """What the president, or who writes in his name, wrote on a case (4-25)."""

    text: Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
    author: Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    written_on: date
    version: Seen = None


class QuestionForm(Wire):
    """What the applicant is asked."""

    text: Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    version: Seen = None


class ReferralLine(Wire):
    """A referral of a case."""

    at: Instant
    actor: str
    from_unit: str | None
    to_unit: str
    reason: str
    article: str | None
    note: str | None
    due_at: Instant | None
    withdrawn_at: Instant | None
