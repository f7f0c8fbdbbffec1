"""A unit's code says what it is, and who stands above it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.cases.schemas import Level
from casebridge.country import units
from casebridge.country.units import CENTRE, IDEAS, Unit, UnitKind, UnknownUnit

MEANT = {
    "centre": (UnitKind.CENTRE, Level.NATIONAL, None, None, None),
    "centre/ideas": (UnitKind.IDEAS, Level.NATIONAL, None, None, None),
    "province/23/governor": (UnitKind.GOVERNOR, Level.PROVINCE, None, "23", None),
    "province/23/performance": (UnitKind.PERFORMANCE, Level.PROVINCE, None, "23", None),
    "province/23/desk": (UnitKind.DESK, Level.PROVINCE, None, "23", None),
    "county/2301/governor": (UnitKind.GOVERNOR, Level.COUNTY, None, "23", "2301"),
    "county/2301/desk": (UnitKind.DESK, Level.COUNTY, None, "23", "2301"),
    "agency/water/head": (UnitKind.HEAD, Level.AGENCY, "water", None, None),
    "agency/water/performance": (UnitKind.PERFORMANCE, Level.AGENCY, "water", None, None),
    "agency/water/desk": (UnitKind.DESK, Level.AGENCY, "water", None, None),
    "agency/water/23": (UnitKind.DIRECTOR, Level.PROVINCE, "water", "23", None),
    "agency/water/23/desk": (UnitKind.DESK, Level.PROVINCE, "water", "23", None),
    "agency/water/2301": (UnitKind.OFFICE, Level.COUNTY, "water", "23", "2301"),
}
ABOVE = {
    "centre": None,
    "centre/ideas": "centre",
    "province/23/governor": "centre",
    "province/23/performance": "province/23/governor",
    "province/23/desk": "province/23/governor",
    "county/2301/governor": "province/23/governor",
    "county/2301/desk": "county/2301/governor",
    "agency/water/head": "centre",
    "agency/water/performance": "agency/water/head",
    "agency/water/desk": "agency/water/head",
    "agency/water/23": "agency/water/head",
    "agency/water/23/desk": "agency/water/23",
    "agency/water/2301": "agency/water/23",
}
NONE = [
    "", "center", "centre/", "province/2/desk", "province/230/desk", "province/23/head", "county/23/desk",
    "county/2301/performance", "agency/Water/head", "agency/water", "agency/water/230",
    "agency/water/2301/desk", "agency/water/head/", " centre", "centre\n", "province/۲۳/desk", "agency//head",
]  # fmt: skip
AGENCIES = st.from_regex(r"[a-z][a-z0-9_]{1,39}", fullmatch=True)
PROVINCES = st.from_regex(r"[0-9]{2}", fullmatch=True).filter(str.isascii)
COUNTIES = st.from_regex(r"[0-9]{4}", fullmatch=True).filter(str.isascii)
CODES = st.one_of(
    st.sampled_from([CENTRE, IDEAS]),
    PROVINCES.map(units.province_governor),
    PROVINCES.map(units.province_performance),
    PROVINCES.map(units.province_desk),
    COUNTIES.map(units.county_governor),
    COUNTIES.map(units.county_desk),
    AGENCIES.map(units.agency_head),
    AGENCIES.map(units.agency_performance),
    AGENCIES.map(units.agency_desk),
    st.builds(units.agency_director, AGENCIES, PROVINCES),
    st.builds(units.agency_province_desk, AGENCIES, PROVINCES),
    st.builds(units.agency_office, AGENCIES, COUNTIES),
)


@pytest.mark.parametrize("code", MEANT)
def test_a_code_says_what_the_unit_is(code: str) -> None:
    assert units.parse(code) == Unit(code, *MEANT[code])


@pytest.mark.parametrize("code", ABOVE)
def test_every_unit_but_the_centre_stands_below_one(code: str) -> None:
    assert units.superior(code) == ABOVE[code]


@pytest.mark.parametrize("code", NONE)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(UnknownUnit):
        units.parse(code)


@given(CODES)
def test_every_chain_ends_at_the_centre_and_meets_nobody_twice(code: str) -> None:
    line = units.chain(code)
    assert line[0] == code
    assert line[-1] == CENTRE
    assert len(set(line)) == len(line) <= 4
    assert len(code) <= units.MAX_CODE
    assert all(units.below(code, above) for above in line[1:])
    assert not any(units.below(above, code) for above in line)


def test_nobody_stands_below_another_province() -> None:
    assert units.below("county/2301/desk", "province/23/governor")
    assert not units.below("county/2301/desk", "province/10/governor")
    assert not units.below("agency/water/2301", "county/2301/governor")
