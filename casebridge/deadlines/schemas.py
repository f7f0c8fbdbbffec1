"""What travels about working days."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from casebridge.deadlines.rules import Origin
from casebridge.wire import PlainText, Wire

MOST_NAME = 128
DayName = Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_NAME)]


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
    origin: Origin | None = None
    """What the official holiday of that day goes by; None: there is none."""


class DayPage(Wire):
    """The days of a year."""

    items: list[Day]
