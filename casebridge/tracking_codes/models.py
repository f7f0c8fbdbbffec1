"""Tables of tracking codes: a counter and the blocks leased from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Serial, Table


class CodeCounter(Table):
    """The next number nobody has; one row."""

    __tablename__ = "code_counter"

    id: Mapped[int] = mapped_column(primary_key=True)
    next_number: Mapped[int] = mapped_column(BigInteger)


class CodeBlock(Table):
    """Numbers `first` … `first + count - 1`, leased to one holder on one node."""

    __tablename__ = "code_blocks"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    first: Mapped[int] = mapped_column(BigInteger, unique=True)
    count: Mapped[int]
    node: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(16))
    leased_at: Mapped[datetime]
