"""Tables of cases and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, Text, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Serial, Table

_GOING_ON: Final = "status <> 'closed'"
"""Most cases are closed; what is counted and swept all day are the others, in indexes of their own."""


def _going_on(name: str, *columns: str) -> Index:
    return Index(name, *columns, postgresql_where=text(_GOING_ON), sqlite_where=text(_GOING_ON))


class Case(Table):
    """A case. One that came by an intake carries the intake's id, so it can't come twice."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_opened_at_id", "opened_at", "id"),
        Index("ix_cases_status_opened_at", "status", "opened_at"),
        Index("ix_cases_kind_opened_at", "kind", "opened_at"),
        Index("ix_cases_province_opened_at", "province", "opened_at"),
        Index("ix_cases_channel_opened_at", "channel", "opened_at"),
        Index("ix_cases_key_number", "key_number"),
        _going_on("ix_cases_going_on", "owner_unit", "status", "province", "due_at"),
        _going_on("ix_cases_going_on_status_due_at", "status", "due_at"),
    )

    id: Mapped[Key]
    tracking_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    told_code: Mapped[str | None] = mapped_column(String(10), index=True)
    """The code the caller heard, where it could not be this case's own (see `quarantine`)."""
    quarantine: Mapped[str | None] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(32))
    province: Mapped[str | None] = mapped_column(String(2))
    county: Mapped[str | None] = mapped_column(String(64))
    agency: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    applicant_id: Mapped[UUID] = mapped_column(ForeignKey("applicants.id"), index=True)
    numbers: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Contact and caller number, encrypted together."""
    key_number: Mapped[int]
    text: Mapped[str | None] = mapped_column(Text)
    reply_text: Mapped[str | None] = mapped_column(Text)
    reply_language: Mapped[str | None] = mapped_column(String(8))
    replied_at: Mapped[datetime | None]
    node: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[str | None] = mapped_column(String(128), index=True)
    origin: Mapped[str | None] = mapped_column(String(32))
    ended_by: Mapped[str | None] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    owner_unit: Mapped[str] = mapped_column(String(96), default="centre", server_default="centre")
    """Code of the unit that has to act (`casebridge.country.units`); what nobody has is the Centre's."""
    subject: Mapped[str | None] = mapped_column(String(40))
    complained_unit: Mapped[str | None] = mapped_column(String(96), index=True)
    """Whom a complaint or report is about: neither this unit nor any below it ever sees the case (10-3)."""
    complained_account: Mapped[UUID | None]
    """The official a complaint is about, where one was named: they never see it, whatever units they hold."""
    from_abroad: Mapped[bool] = mapped_column(default=False)
    beyond_province: Mapped[bool] = mapped_column(default=False)
    marginal_note: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    interim_due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    round: Mapped[int] = mapped_column(default=1)
    """2 after an objection: the second review."""
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    linked_to: Mapped[UUID | None] = mapped_column(index=True)
    """The case of the same matter this one was linked to."""


def going_on() -> ColumnElement[bool]:
    """The condition of those that are not closed, in the indexes' own words: planners heed no others."""
    return Case.status != literal_column("'closed'")


class HistoryLine(Table):
    """One thing that happened to a case."""

    __tablename__ = "case_history"
    __table_args__ = (Index("ix_case_history_case_id_id", "case_id", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(128))
    detail: Mapped[dict[str, Any]]
