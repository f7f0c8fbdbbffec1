"""Tables of Open311: keys of applications, requests as they came, places of cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class ApiKey(Table):
    """An application that may create requests; its key is stored as a hash."""

    __tablename__ = "open311_keys"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(128))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(128))
    disabled_at: Mapped[datetime | None]


class Open311Request(Table):
    """A service request: where it is, whose application made it. It becomes a case at once or in a batch."""

    __tablename__ = "open311_requests"
    __table_args__ = (
        Index("ix_open311_requests_api_key_id_requested_at", "api_key_id", "requested_at"),
        Index("ix_open311_requests_key_number", "key_number"),
        Index(
            "ix_open311_requests_waiting",
            "requested_at",
            postgresql_where=text("case_id IS NULL AND refused IS NULL"),
            sqlite_where=text("case_id IS NULL AND refused IS NULL"),
        ),
    )

    id: Mapped[Key]
    """Of the case it becomes."""
    token: Mapped[str] = mapped_column(String(64), unique=True)
    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("open311_keys.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), unique=True)
    """None while it waits for its batch."""
    refused: Mapped[str | None] = mapped_column(String(64))
    """Why no case came of it."""
    service_code: Mapped[str] = mapped_column(String(96))
    form: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What was sent, encrypted: the address too tells who somebody is. Empty of identifiers once a case."""
    key_number: Mapped[int]
    lat: Mapped[float | None] = mapped_column(Float)
    long: Mapped[float | None] = mapped_column(Float)
    requested_at: Mapped[datetime] = mapped_column(index=True)
