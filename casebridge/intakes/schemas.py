"""What the conversation hands over: the records of the spool (format 1), and the receipt."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from casebridge.cases.schemas import Kind, Language, Province
from casebridge.wire import (
    Base64,
    CallId,
    Id,
    Instant,
    Milliseconds,
    Name,
    NodeInstant,
    Sha256,
    TrackingCode,
    Wire,
)


class Wished(StrEnum):
    """When a caller wishes to be called back."""

    ASAP = "asap"
    AFTERNOON = "afternoon"
    TOMORROW = "tomorrow"


class IntakeRecording(Wire):
    """The recording that will follow by PUT, as Asterisk left it on disk."""

    recording_id: Id
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/@-]{1,300}$")]
    bytes: int = Field(ge=1, le=256 * 1024 * 1024)
    sha256: Sha256
    duration_ms: Milliseconds
    encoding: Literal["alaw"]
    rate: Literal[8000]
    channels: int = Field(ge=1, le=2)
    speaker: Literal["applicant", "agent", "both"] = "applicant"


class IntakeCallback(Wire):
    """A callback wished together with the intake."""

    wished: Wished


class _Record(Wire):
    format: Literal[1]
    record_id: Id
    node: Name
    call_id: CallId


class Intake(_Record):
    """A caller's matter. Its code has been told, so it becomes exactly one case (promise 1)."""

    type: Literal["intake"]
    origin: Literal["ivr", "emergency"]
    created_at: NodeInstant
    language: Language
    tracking_code: TrackingCode
    kind: Kind
    sealed: Base64
    province: Province | None
    ended_by: Literal["confirmed", "hangup", "agent_unavailable", "rescued"]
    recording: IntakeRecording | None
    callback: IntakeCallback | None


class CallbackWish(_Record):
    """A callback wished after the code was told."""

    type: Literal["callback_wish"]
    intake_id: Id
    wished: Wished
    created_at: NodeInstant


class ApplicantDecision(_Record):
    """What an applicant said to an answer; it counts once, and only for the answer they heard."""

    type: Literal["decision"]
    created_at: NodeInstant
    language: Language
    tracking_code: TrackingCode
    answer_id: Id
    sealed: Base64
    accepted: bool
    recording: IntakeRecording | None
    """The reason of an objection, spoken."""


class ApplicantReply(_Record):
    """What an applicant said to a question of the unit that has their case; it counts once."""

    type: Literal["reply"]
    created_at: NodeInstant
    language: Language
    tracking_code: TrackingCode
    question_id: Id
    sealed: Base64
    recording: IntakeRecording


ApplicantWord = ApplicantDecision | ApplicantReply
"""What is said to a case that is there, by code and identifier."""


class JournalStep(Wire):
    """A step of the call: what was heard, what was pressed (identifiers masked)."""

    at_ms: Milliseconds
    step: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./:-]{1,64}$")]
    heard: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./:-]{1,100}$")]] = Field(
        default=[], max_length=200
    )
    pressed: Annotated[str, StringConstraints(pattern=r"^[0-9A-D*#•]{0,64}$")] | None = None


class CallReport(_Record):
    """What happened in a call from answer to hang-up."""

    type: Literal["call_report"]
    language: Language
    caller_sealed: Base64 | None
    started_at: Instant
    answered_at: Instant | None
    ended_at: Instant
    outcome: Literal["case", "callback", "followed_up", "abandoned", "goodbye", "failed"]
    intake_id: Id | None
    code_told: bool
    journal: list[JournalStep] = Field(default=[], max_length=2000)


Record = Annotated[
    Intake | CallbackWish | ApplicantDecision | ApplicantReply | CallReport, Field(discriminator="type")
]
"""Any record of the spool, told apart by `type`."""


class RecordReceipt(Wire):
    """The bridge's word that a record is durably accepted; the same record gets the same receipt."""

    record_id: Id
    case_id: Id | None
    tracking_code: TrackingCode | None
    callback_id: Id | None
    callback_joined: bool = False
    """Whether the applicant waited for this callback already: what was wished now counts, its place stays."""
    audio: Literal["wanted", "held", "none"]
    """`wanted`: send the recording; `held`: it is here; `none`: there is none."""
