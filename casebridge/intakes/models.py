"""Table of accepted records: the memory that makes deliveries idempotent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class AcceptedRecord(Table):
    """A record of the spool that was accepted, and all its receipt needs."""

    __tablename__ = "accepted_records"

    record_id: Mapped[Key]
    type: Mapped[str] = mapped_column(String(32))
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    node: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str] = mapped_column(String(128), index=True)
    accepted_at: Mapped[datetime]
    case_id: Mapped[UUID | None]
    tracking_code: Mapped[str | None] = mapped_column(String(10))
    callback_id: Mapped[UUID | None]
    callback_joined: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether that callback waited already when the record came."""
    recording_id: Mapped[UUID | None]
