"""Tables of notifications: messages, what was tried, receipts, opt-outs, messages that came in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Serial, Table


class Notification(Table):
    """A message to an applicant or a unit, written with what it tells of.

    The receiver is not in it: the sender opens the case's numbers when it sends. Only an answer to a
    message from an unknown number carries its receiver, encrypted.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_waiting", "next_at", postgresql_where=text("state = 'waiting'"),
              sqlite_where=text("state = 'waiting'")),
        Index("ix_notifications_state_created_at", "state", "created_at", "id"),
        Index("ix_notifications_created_at_id", "created_at", "id"),
        Index("ix_notifications_contact_hash", "contact_hash", "created_at"),
        Index("ix_notifications_of_units", "unit_code", "read_at", "created_at", "id",
              postgresql_where=text("unit_code IS NOT NULL"), sqlite_where=text("unit_code IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Case, template and step: what happened once is told once."""
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    unit_code: Mapped[str | None] = mapped_column(String(96))
    audience: Mapped[str] = mapped_column(String(16))
    template: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]]
    """What the template's places stand for; never what identifies a person."""
    text: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(String(255))
    email_text: Mapped[str] = mapped_column(Text)
    encoding: Mapped[str] = mapped_column(String(8))
    segments: Mapped[int]
    legally_due: Mapped[bool]
    at_any_hour: Mapped[bool]
    """Goes out in quiet hours too: it answers somebody who has just written."""
    medium: Mapped[str | None] = mapped_column(String(8))
    contact_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Keyed hash of the receiver, by which an answer finds its case."""
    contact_masked: Mapped[str | None] = mapped_column(String(64))
    target: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_number: Mapped[int | None]
    """Of the key `target` is encrypted with."""
    state: Mapped[str] = mapped_column(String(16))
    provider: Mapped[str | None] = mapped_column(String(32))
    """Who was asked last."""
    refused_by: Mapped[list[Any]]
    """Ways on which it will never go: a provider, and which receiver (`rules.way_name`)."""
    failed_by: Mapped[list[Any]]
    """Ways that failed in this round."""
    asked: Mapped[str | None] = mapped_column(String(32))
    """A provider that may have it already, for the receiver of `contact_hash`; asked before any other."""
    rounds: Mapped[int]
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(String(128))
    next_at: Mapped[datetime]
    taken_until: Mapped[datetime | None]
    taken_by: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    """When somebody of the unit it was for has read it in the cartable."""


class Attempt(Table):
    """One try to send a message: written before a provider is spoken to, ended after."""

    __tablename__ = "notification_attempts"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    notification_id: Mapped[UUID] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), index=True
    )
    provider: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16))
    """`begun`, `sent`, `failed`, `refused`, `unknown` (the sender vanished in the middle)."""
    error: Mapped[str | None] = mapped_column(String(128))


class Receipt(Table):
    """A provider's name for a message, or for one part of a long one, and what it said of it later."""

    __tablename__ = "notification_receipts"

    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(String(128), primary_key=True)
    notification_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), index=True
    )
    """None: the receipt came before the provider's answer to the message."""
    state: Mapped[str] = mapped_column(String(16))
    """`expected`, `delivered`, `failed`."""
    at: Mapped[datetime]


class OptOutRow(Table):
    """Somebody who wants no messages but those the law demands; known by a keyed hash alone."""

    __tablename__ = "contact_opt_outs"

    contact_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(128))


class UnitContact(Table):
    """Where a unit is told what concerns it."""

    __tablename__ = "unit_contacts"

    unit_code: Mapped[str] = mapped_column(String(96), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8))
    updated_at: Mapped[datetime]


class Inbound(Table):
    """A text message that came in. Its sender is known by a keyed hash alone."""

    __tablename__ = "inbound_messages"
    __table_args__ = (Index("uq_inbound_messages_provider_reference", "provider", "reference", unique=True),)

    id: Mapped[Key]
    provider: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str] = mapped_column(String(128))
    sender_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    at: Mapped[datetime]
    understood: Mapped[str] = mapped_column(String(16))
    """`accepted`, `objected`, `opted_out`, `opted_in`, `not_open`, `help`, `silence`."""
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))


class Wording(Table):
    """A centre's own words for a template."""

    __tablename__ = "notification_wordings"

    audience: Mapped[str] = mapped_column(String(16), primary_key=True)
    template: Mapped[str] = mapped_column(String(32), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    sms: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(128))
