"""Table of applicants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Key, Table


class Applicant(Table):
    """A citizen or legal person. The identifier is encrypted; it is found by its keyed hash alone."""

    __tablename__ = "applicants"
    __table_args__ = (Index("ix_applicants_key_number", "key_number"),)

    id: Mapped[Key]
    identifier_kind: Mapped[str] = mapped_column(String(32))
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    identifier: Mapped[bytes] = mapped_column(LargeBinary)
    key_number: Mapped[int]
    created_at: Mapped[datetime]
