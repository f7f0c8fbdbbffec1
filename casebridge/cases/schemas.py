"""What travels about cases. The words are the regulation's (article 1 and 8-2)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import StringConstraints

from casebridge.wire import CallId, Id, Instant, TrackingCode, Wire


class Kind(StrEnum):
    """Kinds of case (article 1); `unclassified` where nobody could be asked (emergency script)."""

    COMPLAINT = "complaint"
    REQUEST = "request"
    REPORT = "report"
    GUIDANCE = "guidance"
    SENTIMENT = "sentiment"
    IDEA = "idea"
    CRITICISM = "criticism"
    APPRECIATION = "appreciation"
    UNCLASSIFIED = "unclassified"


class Status(StrEnum):
    """States of a case; `life.STEPS` says which follows which."""

    REGISTERED = "registered"
    REFERRED = "referred"
    IN_HAND = "in_hand"
    WAITING_APPLICANT = "waiting_applicant"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    OBJECTED = "objected"
    SECOND_REVIEW = "second_review"
    CLOSED = "closed"


class Channel(StrEnum):
    """How a case reached SAMAD (article 8-2)."""

    PHONE = "phone"
    IN_PERSON = "in_person"
    POST = "post"
    EMAIL = "email"
    FAX = "fax"
    WEB = "web"
    PROVINCIAL_TRIP = "provincial_trip"


class Level(StrEnum):
    """The four levels of the process (article 4)."""

    COUNTY = "county"
    PROVINCE = "province"
    AGENCY = "agency"
    NATIONAL = "national"


class IdentifierKind(StrEnum):
    """What identifies an applicant (article 5-3)."""

    NATIONAL_ID = "national_id"
    FOREIGN_RESIDENT = "foreign_resident"
    LEGAL_PERSON = "legal_person"


class Language(StrEnum):
    """Languages a caller may choose."""

    FA = "fa"
    EN = "en"


Province = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
"""Two-digit province code."""


class Original(Wire):
    """What a repeat was linked to; all None where it is out of sight of the one who asks."""

    id: Id | None
    tracking_code: TrackingCode | None
    status: Status | None


class CaseRow(Wire):
    """A case as a list shows it: the identifier masked, nothing that identifies a person."""

    id: Id
    tracking_code: TrackingCode | None
    kind: Kind
    status: Status
    channel: Channel
    level: Level
    province: Province | None
    language: Language
    opened_at: Instant
    ended_by: str | None
    identifier_kind: IdentifierKind | None
    identifier_masked: str | None
    recording_seconds: float | None
    transcript_status: str | None
    excerpt: str | None
    callback_state: str | None
    quarantine: str | None
    """Why the code told to the caller is not this case's code (None: it is)."""
    original: Original | None
    """Of a repeat: the case it was linked to. That one's state counts; its own says that it is closed."""


class HistoryEntry(Wire):
    """One line of a case's history."""

    at: Instant
    action: str
    actor: str
    detail: dict[str, Any]


class CaseRecording(Wire):
    """A recording of a case."""

    id: Id
    state: str
    speaker: str
    channels: int
    duration_ms: int
    bytes: int
    sha256: str
    transcript_status: str | None
    transcript_text: str | None


class CaseCallback(Wire):
    """A callback of a case."""

    id: Id
    state: str
    wished: str
    due_at: Instant
    arrived_at: Instant
    claimed_by: str | None
    attempts: int
    outcome: str | None


class CaseDetail(CaseRow):
    """A case with everything a case page shows."""

    county: str | None
    agency: str | None
    owner_unit: str | None
    """The unit that has to act."""
    text: str | None
    node: str | None
    call_id: CallId | None
    origin: str | None
    contact_masked: str | None
    version: int
    recordings: list[CaseRecording]
    callbacks: list[CaseCallback]
    history: list[HistoryEntry]


class CasePage(Wire):
    """A page of cases; `next_cursor` is None on the last one."""

    items: list[CaseRow]
    next_cursor: str | None


class Revealed(Wire):
    """Who the applicant is; each look is written to the audit trail (promise 5)."""

    identifier_kind: IdentifierKind
    identifier: str
    contact_number: str | None
    caller_number: str | None
    email: str | None


class FollowUpQuestion(Wire):
    """A caller's question after their case: both must be right."""

    tracking_code: TrackingCode
    identifier_kind: IdentifierKind
    identifier: Annotated[str, StringConstraints(pattern=r"^[0-9]{10,12}$")]


class Reply(Wire):
    """The last answer given to the applicant."""

    text: str
    language: Language
    at: Instant
    answer_id: Id | None = None
    """What the applicant accepts or objects to."""
    recording_id: Id | None = None
    """The official's own voice, to be had by POST /follow-ups/voice."""


class Asked(Wire):
    """What the applicant was asked and has not replied to; a spoken reply names it."""

    id: Id
    text: str
    language: Language
    at: Instant


class CallbackState(Wire):
    """Whether a callback is waiting."""

    state: str


class FollowUp(Wire):
    """What a caller hears about their case."""

    case_id: Id
    """The case that is worked on; what the caller wishes now belongs to it."""
    kind: Kind
    opened_at: Instant
    status: Status
    last_reply: Reply | None
    question: Asked | None
    """Where the case waits for the applicant: what it waits for."""
    callback: CallbackState | None
