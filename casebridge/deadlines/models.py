"""Table of edits to the calendar of working days."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.tables import Table


class Holiday(Table):
    """A centre's edit of the official calendar: a day off besides, or (`off` False) worked all the same."""

    __tablename__ = "holidays"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name_fa: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128))
    off: Mapped[bool] = mapped_column(default=True)
