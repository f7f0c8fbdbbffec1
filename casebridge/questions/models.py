"""Table of questions to applicants."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.country.units import MAX_CODE
from casebridge.tables import Key, Table


class QuestionRow(Table):
    """What a unit asked the applicant, and what they replied: written, spoken, or not yet."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_case_id_at", "case_id", "at"),)

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    unit_code: Mapped[str] = mapped_column(String(MAX_CODE))
    actor: Mapped[str] = mapped_column(String(128))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    replied_at: Mapped[datetime | None]
    replied_by: Mapped[str | None] = mapped_column(String(16))
    reply_text: Mapped[str | None] = mapped_column(Text)
    reply_recording_id: Mapped[UUID | None]
