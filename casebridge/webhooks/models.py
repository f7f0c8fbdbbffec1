"""Table of agencies' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class Webhook(Table):
    """Where an agency's office automation is told of its cases, and the token it answers with."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_key_number", "key_number"),)

    id: Mapped[Key]
    agency: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(128))
    url: Mapped[str] = mapped_column(String(500))
    actions: Mapped[list[Any]]
    """Actions it is told of; empty: all."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Signs what goes out; encrypted, shown once."""
    key_number: Mapped[int]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """Hash of the token it answers with; shown once."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(128))
    disabled_at: Mapped[datetime | None]
