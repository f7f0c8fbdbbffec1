"""Table of recordings; their sound lies encrypted on disk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class RecordingRow(Table):
    """A recording announced by its intake, and then held."""

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_state_created_at", "state", "created_at"),
        Index("ix_recordings_key_number", "key_number"),
        Index("ix_recordings_voices", "created_at",
              postgresql_where=text("speaker = 'official'"), sqlite_where=text("speaker = 'official'")),
    )  # fmt: skip

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    speaker: Mapped[str] = mapped_column(String(16))
    encoding: Mapped[str] = mapped_column(String(16))
    rate: Mapped[int]
    channels: Mapped[int]
    bytes: Mapped[int]
    duration_ms: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    key_number: Mapped[int | None]
    """Number of the key its file is encrypted with."""


def spoken_by_officials() -> ColumnElement[bool]:
    """The condition of officials' voices, in the index's own words: planners heed no others."""
    return RecordingRow.speaker == literal_column("'official'")
