"""Words of notifications: who is told, how, and what has become of a message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from casebridge.wire import Id, Instant, PlainText, Wire


class Audience(StrEnum):
    """To whom a message goes."""

    APPLICANT = "applicant"
    UNIT = "unit"


class Medium(StrEnum):
    """By what a message goes; the provider decides how."""

    SMS = "sms"
    EMAIL = "email"


class State(StrEnum):
    """What has become of a message."""

    WAITING = "waiting"
    """To be sent at `next_at`, or being sent while a lease runs."""
    SENT = "sent"
    """A provider has taken it; its receipt is still out."""
    DELIVERED = "delivered"
    """A receipt says that it arrived."""
    DEAD = "dead"
    """Every provider has refused it or failed: somebody must look, and may resend."""
    UNREACHABLE = "unreachable"
    """There is no number or address a message could go to."""
    WITHHELD = "withheld"
    """The receiver wants no such messages, and no law demands this one."""


WATCHED = (State.WAITING, State.DEAD, State.UNREACHABLE)
"""States somebody has to look after."""


class MessageRow(Wire):
    """A message as the outbox shows it: the receiver masked."""

    id: Id
    case_id: UUID | None
    tracking_code: str | None
    unit_code: str | None
    audience: Audience
    template: str
    language: str
    medium: Medium | None
    state: State
    provider: str | None
    attempts: int
    last_error: str | None
    text: str
    encoding: str
    segments: int
    receiver_masked: str | None
    legally_due: bool
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None


class MessagePage(Wire):
    """A page of messages, newest first."""

    items: list[MessageRow]
    next_cursor: str | None


class AttemptRow(Wire):
    """One try to send a message."""

    at: Instant
    provider: str
    outcome: str
    error: str | None
    ended_at: Instant | None


class MessageDetail(MessageRow):
    """A message with all that was tried."""

    tries: list[AttemptRow]


class OptOut(Wire):
    """A receiver's wish about messages no law demands."""

    receiver: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    wants_messages: bool


Address = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
PhoneNumber = Annotated[str, StringConstraints(max_length=20, pattern=r"^\+?[0-9]{8,15}$")]


class Contact(Wire):
    """Where a unit is told what concerns it."""

    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = (
        None
    )
    phone: Annotated[str, StringConstraints(max_length=20, pattern=r"^\+?[0-9]{8,15}$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^(fa|en)$")] = "fa"


class InboundMessage(Wire):
    """A text message that came in, in our own words."""

    sender: Annotated[str, StringConstraints(min_length=3, max_length=32)]
    text: Annotated[PlainText, Field(max_length=2000)]
    reference: Annotated[PlainText, StringConstraints(min_length=1, max_length=128)] | None = None
    """The provider's name for it, by which a repeated delivery is known."""


class InboundResult(Wire):
    """What a message that came in was taken for."""

    understood: str


class ReceiptResult(Wire):
    """What a receipt was taken for: `delivered`, `failed`, or `ignored` while the message is on its way."""

    state: str


Words = Annotated[PlainText, StringConstraints(min_length=1, max_length=1000)]


class WordingChange(Wire):
    """A centre's own words for a template."""

    sms: Words
    subject: Annotated[PlainText, StringConstraints(min_length=1, max_length=200)]
    email: Annotated[PlainText, StringConstraints(min_length=1, max_length=4000)]
