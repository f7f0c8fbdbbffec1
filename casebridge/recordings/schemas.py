"""What travels about recordings (their sound travels as bytes)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from casebridge.cases.schemas import Language
from casebridge.wire import Id, Instant, Wire


class RecordingState(StrEnum):
    """`expected`: announced by its intake or another centre; `held`: whole, verified and encrypted on disk;
    `absent`: the centre that announced it has it no more, or could not be reached for too long."""

    EXPECTED = "expected"
    HELD = "held"
    ABSENT = "absent"


class Recording(Wire):
    """A recording: raw G.711 A-law at 8 kHz, channels interleaved sample by sample."""

    id: Id
    case_id: Id
    state: RecordingState
    speaker: str
    encoding: str
    rate: int
    channels: int
    bytes: int
    duration_ms: int
    sha256: str
    language: Language
    created_at: Instant
    stored_at: Instant | None
    transcript_status: str | None


class RecordingPage(Wire):
    """A page of recordings, oldest first."""

    items: list[Recording]
    next_cursor: str | None


class Peaks(Wire):
    """Loudest sample of each stretch, 0…1, for drawing a waveform; one list a channel."""

    duration_ms: int
    channels: list[list[float]] = Field(description="one list of peaks for each channel")
