"""Table of referrals: each passing of a case from one unit to another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.country.units import MAX_CODE
from casebridge.tables import Serial, Table


class Referral(Table):
    """A case went from one unit to another."""

    __tablename__ = "referrals"
    __table_args__ = (
        Index("ix_referrals_case_id_id", "case_id", "id"),
        Index("ix_referrals_to_unit_case_id", "to_unit", "case_id"),
        Index("ix_referrals_from_unit_case_id", "from_unit", "case_id"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(128))
    by_unit: Mapped[str | None] = mapped_column(String(MAX_CODE))
    """In whose name it was made; None: the line's own people, for the Centre."""
    from_unit: Mapped[str | None] = mapped_column(String(MAX_CODE))
    """Who had the case; the Centre may send on what is with others."""
    to_unit: Mapped[str] = mapped_column(String(MAX_CODE))
    reason: Mapped[str] = mapped_column(String(32))
    article: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
