"""What travels about transcripts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from casebridge.cases.schemas import Language
from casebridge.wire import Id, Instant, Milliseconds, Name, PlainText, Sha256, Wire


class TranscriptStatus(StrEnum):
    """States of a transcript; each is a word a page can show."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    WAITING_FOR_MODEL = "waiting_for_model"
    EMPTY = "empty"
    BROKEN = "broken"
    FAILED = "failed"
    DEADLINE = "deadline"


class Word(Wire):
    """A word with its place in the recording and how sure the recogniser is (0…1)."""

    text: Annotated[PlainText, Field(max_length=200)]
    start_ms: Milliseconds
    end_ms: Milliseconds
    confidence: float = Field(ge=0, le=1, allow_inf_nan=False)


class Segment(Wire):
    """What one speaker said without a break."""

    speaker: Literal["applicant", "agent"]
    start_ms: Milliseconds
    end_ms: Milliseconds
    text: Annotated[PlainText, Field(max_length=20_000)]
    words: list[Word] = Field(default=[], max_length=5_000)


class ModelName(Wire):
    """The model that heard it."""

    name: Name
    sha256: Sha256


class NewTranscript(Wire):
    """A transcript as the worker has it so far; a later one replaces it."""

    language: Language
    model: ModelName | None = None
    status: Literal["in_progress", "done", "waiting_for_model", "empty", "broken", "failed", "deadline"]
    detail: Annotated[PlainText, Field(max_length=2_000)] | None = None
    segments: list[Segment] = Field(default=[], max_length=20_000)
    text: Annotated[PlainText, Field(max_length=500_000)] = ""


class Transcript(Wire):
    """The transcript of a recording."""

    recording_id: Id
    case_id: Id
    language: Language
    model: ModelName | None
    status: TranscriptStatus
    detail: str | None
    segments: list[Segment]
    text: str
    updated_at: Instant
