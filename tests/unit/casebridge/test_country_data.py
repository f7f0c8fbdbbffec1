"""The country that comes with the product is whole, and what follows from it by rule has a name."""

from __future__ import annotations

import re

import pytest

from casebridge.country.schemas import DutyLine, PlaceKind, Reach, Sheet
from casebridge.country.seeding import first_lines
from casebridge.country.snapshot import Country, unit_names
from casebridge.country.units import parse
from persian.provinces import provinces


@pytest.fixture(scope="module")
def country() -> Country:
    """The country as the data files have it."""
    return country_of_the_files()


def country_of_the_files() -> Country:
    """A snapshot without a database."""

    def by_code(sheet: Sheet) -> dict[str, object]:
        return {line.item.code: line.item for line in first_lines(sheet)}

    return Country(
        edition="files",
        places=by_code(Sheet.PLACES),  # type: ignore[arg-type]
        agencies=by_code(Sheet.AGENCIES),  # type: ignore[arg-type]
        subjects=by_code(Sheet.SUBJECTS),  # type: ignore[arg-type]
        duty_list=tuple(line.item for line in first_lines(Sheet.DUTIES)),
    )


def test_all_provinces_have_counties_and_one_holds_the_capital(country: Country) -> None:
    assert {place.code for place in country.provinces()} == set(provinces())
    for code, province in provinces().items():
        place = country.place(code)
        assert place is not None
        assert (place.name_fa, place.name_en) == (province.name["fa"], province.name["en"])
        capitals = [county for county in country.counties(code) if county.capital]
        assert len(capitals) == 1, code
    counties = [place for place in country.places.values() if place.kind is PlaceKind.COUNTY]
    assert len(counties) == 484
    assert all(county.parent == county.code[:2] for county in counties)
    assert sum(county.special_governorate for county in counties) >= 30


def test_names_are_written_as_people_write_them(country: Country) -> None:
    persian = re.compile(r"^[\u0621-\u06cc\u200c\u0654\u0670 ،]+$")
    latin = re.compile(r"^[A-Za-z0-9 ,.'()-]+$")
    for table in (country.places, country.agencies, country.subjects):
        for row in table.values():
            assert persian.match(row.name_fa), row.name_fa
            assert not set(row.name_fa) & {"ي", "ك", "ى"}, row.name_fa
            assert latin.match(row.name_en), row.name_en


def test_no_two_counties_of_a_province_share_a_name(country: Country) -> None:
    for province in country.provinces():
        for language in ("name_fa", "name_en"):
            names = [getattr(county, language) for county in country.counties(province.code)]
            assert len(set(names)) == len(names), province


def test_a_code_names_one_thing_only(country: Country) -> None:
    assert not country.agencies.keys() & country.subjects.keys()
    assert len(country.agencies) >= 60
    assert len(country.subjects) >= 120


def test_every_subject_has_a_competent_agency_that_reaches_its_level(country: Country) -> None:
    for code, subject in country.subjects.items():
        agency = country.competent(code)
        assert agency is not None, code
        assert country.within_duties(agency, code)
        reach = country.agencies[agency].reach
        if subject.level == "county":
            assert reach is Reach.COUNTY or subject.parent is None or agency == "interior_ministry", code
        if subject.level == "province":
            assert reach is not Reach.NATIONAL or agency in {"central_bank", "interior_ministry"}, code


def test_one_agency_leads_in_a_subject() -> None:
    leading = [line.item.subject for line in first_lines(Sheet.DUTIES) if line.item.leads]
    assert len(set(leading)) == len(leading)
    assert all(isinstance(line.item, DutyLine) for line in first_lines(Sheet.DUTIES))


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_unit_has_a_name_of_its_own(country: Country, language: str) -> None:
    seen: dict[str, str] = {}
    found = [unit for place in country.places for unit in country.units_of_place(place)]
    for agency in country.agencies:
        found += country.units_of_agency(agency)
        found += country.units_of_agency(agency, "23")
    for unit in found:
        name = country.name(unit.code, language)
        assert "{" not in name
        assert parse(unit.code).kind is unit.kind
        assert seen.setdefault(name, unit.code) == unit.code or _namesakes(country, unit.code, seen[name])
    assert {"fa", "en"} == {each for entry in unit_names().values() for each in entry}


def _namesakes(country: Country, code: str, other: str) -> bool:
    """Counties of two provinces may be called the same."""
    one, two = parse(code), parse(other)
    return one.county is not None and two.county is not None and one.province != two.province


def test_only_offices_within_an_agencys_reach_exist(country: Country) -> None:
    assert country.unit("agency/water_company/2301") is not None
    assert country.unit("agency/bank_melli/23") is not None
    assert country.unit("agency/bank_melli/2301") is None
    assert country.unit("agency/interior_ministry/23") is None
    assert country.unit("agency/no_such/head") is None
    assert country.unit("county/2399/desk") is None
    assert country.unit("nonsense") is None
    assert list(country.units_of_agency("water_company", "87")) == []
    assert list(country.units_of_agency("no_such")) == list(country.units_of_place("8701")) == []


def test_a_special_governorate_is_called_one(country: Country) -> None:
    assert country.name("county/1010/governor", "en") == "Special governor of Kashan county"
    assert country.name("county/2301/governor", "en") == "Governor of Tehran county"
    assert country.name("nonsense", "fa") == "nonsense"


@pytest.mark.parametrize(
    ("agency", "ministry"),
    [
        ("water_company", "energy_ministry"),
        ("bank_melli", "economy_ministry"),
        ("social_security", "labour_ministry"),
        ("municipality", "municipalities_org"),
        ("bank_mellat", "bank_mellat"),
        ("police", "police"),
        ("energy_ministry", "energy_ministry"),
    ],
)
def test_4_10_a_company_bank_insurer_and_municipality_has_its_ministry_or_organisation_above(
    country: Country, agency: str, ministry: str
) -> None:
    assert country.ministry_of(agency) == ministry
