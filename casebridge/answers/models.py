"""Tables of answers and of services done for applicants."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.country.units import MAX_CODE
from casebridge.tables import Key, Serial, Table


class AnswerRow(Table):
    """What a unit told the applicant, and what the applicant said to it."""

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_case_id_at", "case_id", "at"),)

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    unit_code: Mapped[str] = mapped_column(String(MAX_CODE))
    actor: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    """`interim` or `final`."""
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    recording_id: Mapped[UUID | None]
    """The official's own voice."""
    at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(16))
    objection_text: Mapped[str | None] = mapped_column(Text)
    objection_recording_id: Mapped[UUID | None]


class ServiceRecord(Table):
    """Something done for the applicant, entered in SAMAD (articles 1 and 4-4)."""

    __tablename__ = "service_records"
    __table_args__ = (Index("ix_service_records_case_id_id", "case_id", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    unit_code: Mapped[str] = mapped_column(String(MAX_CODE))
    actor: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime]
    subject: Mapped[str | None] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(Text)
