"""Table of recordings that another centre has and this one is to fetch."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Table


class AwaitedRecording(Table):
    """A recording another centre has told of; no more once its sound is here."""

    __tablename__ = "link_recordings"
    __table_args__ = (
        Index(
            "ix_link_recordings_waiting",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
    )

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(96))
    """`centre:<name>`, who is asked for it."""
    attempts: Mapped[int]
    """Failed ones since a piece of it came last."""
    last_error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    """When it was told of; a later parcel that lists a lost one begins anew."""
    next_at: Mapped[datetime | None]
    """None: nobody asks any more, the recording is `absent`."""
    taken_until: Mapped[datetime | None]
    """While in the future, a fetcher is at it."""
