"""Table of the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Serial, Table


class OutboxRow(Table):
    """Something to be told to the world, written in the transaction that made it true."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    destination: Mapped[str] = mapped_column(String(16))
    """`event` (Redis Stream), `job` (Dramatiq), `line` (index of the callback line)."""
    type: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    taken_until: Mapped[datetime | None]
    """While in the future, a relay is publishing it."""
