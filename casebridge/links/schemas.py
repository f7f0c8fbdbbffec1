"""What travels between this bridge and its neighbours."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from casebridge.cases.schemas import Channel, Kind, Language, Level, Province, Status
from casebridge.wire import Base64, Id, Instant, Milliseconds, PlainText, Sha256, TrackingCode, Wire

UnitText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]{1,96}$")]
CodeText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./:-]{1,64}$")]
LongText = Annotated[PlainText, Field(max_length=20_000)]
MOST_RECORDINGS: Final = 50
"""Of one case, the latest: a case has one to three."""


class AnswerCopy(Wire):
    """The last answer given in a case."""

    id: Id
    kind: Literal["interim", "final"]
    text: LongText | None
    language: Language
    at: Instant


class CaseCopy(Wire):
    """A case as a neighbour gets it; who the applicant is travels apart, sealed, or not at all."""

    id: Id
    tracking_code: TrackingCode | None
    kind: Kind
    status: Status
    channel: Channel
    level: Level
    province: Province | None
    county: CodeText | None
    agency: CodeText | None
    subject: CodeText | None
    owner_unit: UnitText | None
    complained_unit: UnitText | None
    language: Language
    from_abroad: bool = False
    beyond_province: bool = False
    marginal_note: bool = False
    names: dict[CodeText, Annotated[PlainText, Field(max_length=200)]] = Field(default={}, max_length=8)
    """What the codes of place, agency, subject and unit are called there: for a country that has not all."""
    opened_at: Instant
    due_at: Instant | None
    text: LongText | None
    answer: AnswerCopy | None
    objection: LongText | None = None
    """Why the applicant did not accept the last final answer."""


class RecordingCopy(Wire):
    """A recording of a case, announced to another centre, which fetches it: A-law at 8 kHz."""

    id: Id
    speaker: Literal["applicant", "agent", "both", "official"]
    language: Language
    channels: Annotated[int, Field(ge=1, le=2)]
    bytes: Annotated[int, Field(ge=1, le=256 * 1024 * 1024)]
    duration_ms: Milliseconds
    sha256: Sha256
    created_at: Instant
    answer_id: Id | None = None
    """The answer it speaks, where an official spoke one."""


class Parcel(Wire):
    """A step of a case on its way to another centre; `id` makes it once only."""

    id: Id
    action: CodeText
    at: Instant
    case: CaseCopy
    recordings: Annotated[tuple[RecordingCopy, ...], Field(max_length=MOST_RECORDINGS)] = ()
    """What goes along with the case; the sound is fetched by who gets the parcel."""
    sealed: Base64 | None = None
    """`identifier_kind`, `identifier`, `contact_number`, `email`, closed with the receiver's public key."""


class ParcelReceipt(Wire):
    """What became of a parcel; the same parcel gets the same receipt."""

    outcome: Literal["opened", "applied", "known", "refused"]
    reference: str | None
    """The case's name at the receiver: its tracking code there."""


class SamadChange(Wire):
    """A change that an outside SAMAD tells of, in our words."""

    id: Annotated[PlainText, StringConstraints(min_length=1, max_length=128)]
    reference: Annotated[PlainText, StringConstraints(min_length=1, max_length=128)]
    status: str | None = None
    note: LongText | None = None
    answer_text: LongText | None = None
    answer_language: Language = Language.FA
    answer_kind: Literal["interim", "final"] = "final"


class ChangesAccepted(Wire):
    """How many changes were new, and how many were known or could not be applied."""

    applied: int
    known: int
    refused: int


class PassCase(Wire):
    """Hand a case to another centre."""

    centre: CodeText
    note: Annotated[PlainText, Field(max_length=2000)] | None = None


class DeliveryState(StrEnum):
    """States of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    DROPPED = "dropped"


class DeliveryView(Wire):
    """A delivery as operators see it."""

    id: Id
    target: str
    case_id: Id
    tracking_code: str | None
    action: str
    state: DeliveryState
    attempts: int
    last_error: str | None
    created_at: Instant
    next_at: Instant
    ended_at: Instant | None


class AsideState(StrEnum):
    """States of a change of the outside SAMAD that could not be applied."""

    ASIDE = "aside"
    DROPPED = "dropped"


class AsideView(Wire):
    """Such a change as operators see it."""

    id: Id
    change_id: str | None
    reference: str | None
    case_id: Id | None
    tracking_code: str | None
    reason: str
    detail: str | None
    content: str
    state: AsideState
    at: Instant


class DeliveryPage(Wire):
    """A page of deliveries, the newest first."""

    items: list[DeliveryView]
    next_cursor: str | None
