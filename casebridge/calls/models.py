"""Table of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class CallRow(Table):
    """A call from answer to hang-up, with every step; the caller's number is encrypted."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_started_at_id", "started_at", "id"),
        Index("ix_calls_key_number", "key_number"),
    )

    id: Mapped[Key]
    """The report's record id."""
    call_id: Mapped[str] = mapped_column(String(128), index=True)
    node: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    caller: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_number: Mapped[int]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(32))
    intake_id: Mapped[UUID | None] = mapped_column(index=True)
    """No foreign key: the report may arrive before the intake."""
    code_told: Mapped[bool]
    journal: Mapped[list[Any]]
