"""Tables of links: what is to be delivered, which cases the other side knows, what came from there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class Delivery(Table):
    """Something a neighbour must be told. Written by what happened, kept until it is known there.

    It holds no identifier of a person: the sender reads the case when it sends.
    """

    __tablename__ = "link_deliveries"
    __table_args__ = (
        UniqueConstraint("target", "event_id"),
        Index(
            "ix_link_deliveries_waiting",
            "next_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_link_deliveries_target_case_id", "target", "case_id", "id"),
        Index("ix_link_deliveries_state_id", "state", "id"),
    )

    id: Mapped[Key]
    """Idempotency key for the receiver; UUIDv7, so they sort by time."""
    target: Mapped[str] = mapped_column(String(96))
    """`samad`, `centre:<name>` or `webhook:<id>`."""
    event_id: Mapped[UUID]
    """The event that made it: one event is told once to each."""
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    action: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    """`waiting`, `delivered`, `dead` (somebody must look), `dropped` (somebody has decided)."""
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    taken_until: Mapped[datetime | None]
    """While in the future, a deliverer is at it."""
    ended_at: Mapped[datetime | None]


class LinkedCase(Table):
    """A case that is known at both ends of a link."""

    __tablename__ = "linked_cases"
    __table_args__ = (Index("ix_linked_cases_target_reference", "target", "reference"),)

    target: Mapped[str] = mapped_column(String(96), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True, index=True)
    direction: Mapped[str] = mapped_column(String(8))
    """`out`: handed over by us; `in`: it came from there."""
    reference: Mapped[str | None] = mapped_column(String(128))
    """Its name over there; None until they have answered."""
    at: Mapped[datetime]


class ReceivedChange(Table):
    """A change that came from the other side; by its id it is applied once."""

    __tablename__ = "link_changes"

    source: Mapped[str] = mapped_column(String(96), primary_key=True)
    change_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    outcome: Mapped[str] = mapped_column(String(32))
    """`applied`, `known` (it was so already), `unknown_case`, `refused`."""
    at: Mapped[datetime] = mapped_column(index=True)


class ChangeAside(Table):
    """A change of the outside SAMAD that could not be applied, whole, until somebody has decided about it."""

    __tablename__ = "link_changes_aside"
    __table_args__ = (
        UniqueConstraint("source", "mark"),
        Index("ix_link_changes_aside_state_id", "state", "id"),
    )

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(96))
    mark: Mapped[str] = mapped_column(String(160))
    """Its id over there, or where none can be read the hash of it: told again, it stands here once."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """As it came where it could not be read, otherwise in our words; encrypted, for it may name persons."""
    key_number: Mapped[int] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(32))
    """`unreadable`, `unknown_case`, `refused`, `failed` (an error here)."""
    detail: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(16))
    """`aside` (somebody must look), `dropped` (for good); what was applied after all is here no more."""
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def not_ours() -> ColumnElement[bool]:
    """The condition of changes set aside that name no case of ours; a feed of all cases is full of them."""
    return ChangeAside.reason == "unknown_case"


class PullPlace(Table):
    """How far the changes of an outside SAMAD have been read."""

    __tablename__ = "link_pull_places"

    source: Mapped[str] = mapped_column(String(96), primary_key=True)
    place: Mapped[str | None] = mapped_column(String(256))
    at: Mapped[datetime]
