"""Table of transcripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Table


class TranscriptRow(Table):
    """The text of a recording as far as it is known."""

    __tablename__ = "transcripts"
    __table_args__ = (Index("ix_transcripts_status_updated_at", "status", "updated_at"),)

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    language: Mapped[str] = mapped_column(String(8))
    model_name: Mapped[str | None] = mapped_column(String(64))
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str | None] = mapped_column(Text)
    segments: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]
