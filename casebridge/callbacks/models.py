"""Table of callbacks: the truth that Redis only indexes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table

OPEN = "state IN ('waiting', 'claimed')"


class CallbackRow(Table):
    """A callback. A matter has at most one open one (promise 4): the database itself refuses a second."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(
            "uq_callbacks_open_case",
            "case_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "uq_callbacks_open_applicant",
            "applicant_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_callbacks_state_arrived_at_id", "state", "arrived_at", "id"),
        Index("ix_callbacks_state_lease_until", "state", "lease_until"),
        Index("ix_callbacks_case_id", "case_id"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    applicant_id: Mapped[UUID | None]
    """Who waits for it, where there is no message: all such callbacks of one applicant are one matter."""
    state: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str] = mapped_column(String(64))
    wished: Mapped[str] = mapped_column(String(16))
    wished_at: Mapped[datetime | None]
    """When that was wished: later than the arrival where it was wished again."""
    arrived_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None] = mapped_column(String(16))
    finished_at: Mapped[datetime | None]
