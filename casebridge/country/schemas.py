"""What travels about the country."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints

from casebridge.cases.schemas import Level
from casebridge.country.units import MAX_CODE, UnitKind
from casebridge.wire import Id, Instant, Wire


class PlaceKind(StrEnum):
    """Kinds of place."""

    PROVINCE = "province"
    COUNTY = "county"


class AgencyKind(StrEnum):
    """Kinds of agency (article 1)."""

    MINISTRY = "ministry"
    ORGANISATION = "organisation"
    COMPANY = "company"
    BANK = "bank"
    INSURER = "insurer"
    MUNICIPALITY = "municipality"
    INSTITUTION = "institution"
    """A public body outside the government, such as a foundation or a relief committee."""


class Reach(StrEnum):
    """How far down an agency has offices."""

    NATIONAL = "national"
    PROVINCE = "province"
    COUNTY = "county"


class Position(StrEnum):
    """What a person is in a unit."""

    HEAD = "head"
    DEPUTY = "deputy"
    STAFF = "staff"


PlaceCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}([0-9]{2})?$")]
"""Two digits: a province; four: a county."""
AgencyCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
SubjectCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_/]{2,96}$", max_length=MAX_CODE)]
_VISIBLE: Final = r"^[^\x00-\x1f\x7f]+$"
NameText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_VISIBLE, max_length=128)]
LongName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_VISIBLE, max_length=200)]


class Place(Wire):
    """A province or county."""

    code: PlaceCode
    kind: PlaceKind
    parent: PlaceCode | None = None
    name_fa: NameText
    name_en: NameText
    capital: bool = False
    special_governorate: bool = False
    active: bool = True


class Agency(Wire):
    """An agency; `reach` says which offices it has."""

    code: AgencyCode
    kind: AgencyKind
    name_fa: LongName
    name_en: LongName
    parent: AgencyCode | None = None
    reach: Reach = Reach.PROVINCE
    active: bool = True


class Subject(Wire):
    """A subject, and the level where such a matter is handled first."""

    code: SubjectCode
    parent: SubjectCode | None = None
    name_fa: LongName
    name_en: LongName
    level: Level
    active: bool = True


class Duty(Wire):
    """A subject, with all below it, that is among an agency's duties; `leads`: it is the competent one."""

    agency: AgencyCode
    subject: SubjectCode
    leads: bool = True


class UnitChange(Wire):
    """What a unit has of its own; a name left empty follows the rule."""

    code: UnitCode
    name_fa: LongName | None = None
    name_en: LongName | None = None
    night_shift: bool = False
    active: bool = True


class UnitInfo(Wire):
    """A unit as lists and screens show it."""

    code: str
    kind: UnitKind
    level: Level
    agency: str | None
    province: str | None
    county: str | None
    parent: str | None
    name_fa: str
    name_en: str
    night_shift: bool
    active: bool


class Membership(Wire):
    """A unit that a person holds or works in."""

    account_id: Id
    username: str
    display_name: str
    unit_code: str
    position: Position
    since: Instant


class Removable(Wire):
    """A line of a table that may say: take this away."""

    remove: bool = False


class DutyLine(Duty, Removable):
    """A duty as a table has it."""


class OfficialLine(Removable):
    """Who is to be what in a unit; the name shown is for the reader alone."""

    username: Annotated[str, StringConstraints(strip_whitespace=True, pattern=_VISIBLE, max_length=64)]
    unit_code: UnitCode
    position: Position = Position.HEAD
    display_name: LongName | None = None


class Sheet(StrEnum):
    """Tables one may import and export."""

    PLACES = "places"
    AGENCIES = "agencies"
    UNITS = "units"
    SUBJECTS = "subjects"
    DUTIES = "duties"
    OFFICIALS = "officials"


class RowError(Wire):
    """What is wrong in an imported file: `row` as a spreadsheet counts, the heading is 1; 0: the file."""

    row: int
    column: str
    code: str
    value: str = ""
    message: str = ""


class ImportReport(Wire):
    """What an import did, or, on a dry run or with errors, would do."""

    sheet: Sheet
    rows: int
    added: int
    changed: int
    removed: int
    unchanged: int
    kept: bool
    """Whether it was written: never on a dry run, never where there are errors."""
    errors: list[RowError]
