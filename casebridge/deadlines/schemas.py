"""What travels about working days."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from casebridge.wire import PlainText, Wire

DayName = Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]


class DaySource(StrEnum):
    """Who says so."""

    OFFICIAL = "official"
    EDITED = "edited"


class DayChange(Wire):
    """What a day is to be."""

    name_fa: DayName
    name_en: DayName
    off: bool = True


class Day(DayChange):
    """A day of the calendar that is a holiday, or was made a working day."""

    day: date
    source: DaySource


class DayPage(Wire):
    """The days of a year."""

    items: list[Day]
