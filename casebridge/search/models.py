"""Table of what can be searched. The indexes over it are the databases' own (migration 0006)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Table


class CaseWords(Table):
    """The words of a case; a case nobody has said or written anything about has no row.

    SQLite keeps the FTS5 table `case_words_index` over it by triggers; PostgreSQL keeps the column
    `vector`, a GIN index of it, and one of provinces and numbers. None of these is known to SQLAlchemy,
    nor to the check of migrations.
    """

    __tablename__ = "case_words"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Grows with the moment the case was opened (`rules.place_in_time`)."""
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), unique=True)
    words: Mapped[str] = mapped_column(Text)
    province: Mapped[str | None] = mapped_column(String(2))
    """The case's own, so that matches within a province are not sought in all thirty-one."""


def kept_by_the_database(name: str | None, kind: str) -> bool:
    """Whether a table, column or index belongs to the databases' own full text."""
    if kind == "table":
        return bool(name) and str(name).startswith("case_words_index")
    return (kind, name) in {
        ("column", "vector"),
        ("index", "ix_case_words_vector"),
        ("index", "ix_case_words_province_number"),
    }
