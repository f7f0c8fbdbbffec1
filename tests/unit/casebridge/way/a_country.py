"""A small country to decide about: two provinces, three counties, agencies of every reach."""

from __future__ import annotations

from casebridge.cases.schemas import Level
from casebridge.country.schemas import Agency, AgencyKind, Duty, Place, PlaceKind, Reach, Subject
from casebridge.country.snapshot import Country


def _place(code: str, *, capital: bool = False, special: bool = False) -> Place:
    kind = PlaceKind.PROVINCE if len(code) == 2 else PlaceKind.COUNTY
    return Place(
        code=code,
        kind=kind,
        parent=code[:2] if kind is PlaceKind.COUNTY else None,
        name_fa=code,
        name_en=code,
        capital=capital,
        special_governorate=special,
    )


def _agency(code: str, kind: AgencyKind, reach: Reach, parent: str | None = None) -> Agency:
    return Agency(code=code, kind=kind, parent=parent, name_fa=code, name_en=code, reach=reach)


def _subject(code: str, parent: str | None, level: Level) -> Subject:
    return Subject(code=code, parent=parent, name_fa=code, name_en=code, level=level)


PROVINCES = ("01", "23")
COUNTIES = ("0101", "0102", "2301")
AGENCIES = ("energy_ministry", "water_company", "state_bank", "interior_ministry")
SUBJECTS = ("water", "water_cut", "loan", "election", "weather")

COUNTRY = Country(
    edition="test",
    places={
        place.code: place
        for place in (
            _place("01"),
            _place("23"),
            _place("0101", capital=True),
            _place("0102", special=True),
            _place("2301", capital=True),
        )
    },
    agencies={
        agency.code: agency
        for agency in (
            _agency("energy_ministry", AgencyKind.MINISTRY, Reach.PROVINCE),
            _agency("water_company", AgencyKind.COMPANY, Reach.COUNTY, "energy_ministry"),
            _agency("state_bank", AgencyKind.BANK, Reach.COUNTY),
            _agency("interior_ministry", AgencyKind.MINISTRY, Reach.NATIONAL),
        )
    },
    subjects={
        subject.code: subject
        for subject in (
            _subject("water", None, Level.COUNTY),
            _subject("water_cut", "water", Level.COUNTY),
            _subject("loan", None, Level.COUNTY),
            _subject("election", None, Level.NATIONAL),
            _subject("weather", None, Level.PROVINCE),
        )
    },
    duty_list=(
        Duty(agency="water_company", subject="water"),
        Duty(agency="energy_ministry", subject="water", leads=False),
        Duty(agency="state_bank", subject="loan"),
        Duty(agency="interior_ministry", subject="election"),
    ),
)
"""`weather` is nobody's duty."""


def all_units() -> list[str]:
    """Every unit of this country."""
    codes = ["centre", "centre/ideas"]
    for place in (*PROVINCES, *COUNTIES):
        codes += [unit.code for unit in COUNTRY.units_of_place(place)]
    for agency in AGENCIES:
        for province in (None, *PROVINCES):
            codes += [unit.code for unit in COUNTRY.units_of_agency(agency, province)]
    return codes
