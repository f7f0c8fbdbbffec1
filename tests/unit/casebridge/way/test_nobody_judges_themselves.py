"""Whatever is done to it, a case has an owner, and is never in the hands of the one it is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.cases.schemas import Channel, Kind, Level
from casebridge.country.schemas import Position
from casebridge.country.units import CENTRE, COUNCIL, below, chain
from casebridge.referrals.complained import stands_for
from casebridge.referrals.rules import (
    ABOUT_OFFICIALS,
    CaseFacts,
    NobodyAbove,
    barred,
    complaint_owner,
    first_owner,
    last_instance,
    may_register,
    one_higher,
    report_owner,
    route,
)
from tests.unit.casebridge.way.a_country import AGENCIES, COUNTIES, COUNTRY, PROVINCES, SUBJECTS, all_units

UNITS = all_units()
units = st.sampled_from(UNITS)
complained = st.sampled_from(UNITS)


@st.composite
def facts(draw: st.DrawFn, **given_facts: Any) -> CaseFacts:
    """Any case there can be, sensible or not."""
    county = draw(st.sampled_from((None, *COUNTIES)))
    values: dict[str, Any] = {
        "kind": draw(st.sampled_from(list(Kind))),
        "level": draw(st.sampled_from(list(Level))),
        "province": county[:2] if county else draw(st.sampled_from((None, *PROVINCES, "30"))),
        "county": county,
        "agency": draw(st.sampled_from((None, *AGENCIES, "closed_agency"))),
        "subject": draw(st.sampled_from((None, *SUBJECTS, "nothing_known"))),
        "channel": draw(st.sampled_from(list(Channel))),
        "complained_unit": draw(st.none() | complained),
        **{
            name: draw(st.booleans())
            for name in ("from_abroad", "beyond_province", "marginal_note", "reviewed")
        },
    }
    return CaseFacts(**values | given_facts)


@given(facts())
def test_every_case_has_an_owner_that_exists(case: CaseFacts) -> None:
    decision = route(case, COUNTRY)
    assert COUNTRY.has_unit(decision.unit)
    assert decision.article


@given(st.sampled_from(list(Kind)), st.sampled_from((None, *PROVINCES)), st.sampled_from((None, *COUNTIES)))
def test_a_case_has_an_owner_from_its_first_moment(
    kind: Kind, province: str | None, county: str | None
) -> None:
    assert COUNTRY.has_unit(first_owner(kind.value, province, county))


@given(facts())
def test_no_case_comes_into_the_hands_of_whom_it_is_about_or_anybody_below(case: CaseFacts) -> None:
    owner = route(case, COUNTRY).unit
    assert not barred(owner, case.complained_unit)
    if case.complained_unit:
        assert owner != case.complained_unit
        assert not below(owner, case.complained_unit)


@given(facts(), st.integers(1, 8))
def test_no_step_up_brings_it_to_them_either(case: CaseFacts, steps: int) -> None:
    """Escalation and second review, as often as it may be."""
    owner = route(case, COUNTRY).unit
    for _ in range(steps):
        higher = one_higher(owner, case.complained_unit)
        assert COUNTRY.has_unit(higher)
        assert not barred(higher, case.complained_unit)
        assert higher in (CENTRE, COUNCIL) or higher != owner
        owner = higher


@given(facts(), st.lists(units, max_size=8))
def test_no_way_of_referrals_down_and_up_brings_it_to_them(case: CaseFacts, wishes: list[str]) -> None:
    """Who has a case may pass it to anybody the rules do not bar, and any of them may let it go overdue."""
    owner = route(case, COUNTRY).unit
    for wish in wishes:
        if not barred(wish, case.complained_unit):
            owner = wish
        owner = one_higher(owner, case.complained_unit)
        assert not barred(owner, case.complained_unit)


@given(complained, st.sampled_from(sorted(ABOUT_OFFICIALS)))
def test_a_complaint_goes_above_the_one_complained_of(unit: str, kind: Kind) -> None:
    owner = report_owner(unit) if kind is Kind.REPORT else complaint_owner(unit)
    assert owner != unit
    assert not barred(owner, unit)
    assert not below(owner, unit)


@given(complained)
def test_the_one_complained_of_and_all_below_are_barred_and_the_last_instance_never_is(unit: str) -> None:
    assert barred(unit, unit)
    assert all(barred(other, unit) for other in UNITS if below(other, unit))
    assert not barred(last_instance(unit), unit)
    assert not any(barred(above, unit) for above in chain(unit)[1:])


@given(units)
def test_where_nobody_is_complained_of_nobody_is_barred(unit: str) -> None:
    assert not barred(unit, None)


def test_agencies_offices_answer_to_the_governors_of_their_place_when_it_is_about_these() -> None:
    assert barred("agency/water_company/0101", "county/0101/governor")
    assert barred("agency/water_company/01", "province/01/governor")
    assert not barred("agency/water_company/01", "county/0101/governor")
    assert not barred("agency/water_company/23", "province/01/governor")


@given(units, facts())
def test_who_is_refused_hears_of_a_desk_that_exists_and_may(unit: str, case: CaseFacts) -> None:
    refusal = may_register(unit, case.subject, COUNTRY, case)
    if refusal is not None:
        assert COUNTRY.has_unit(refusal.competent_unit)
        assert refusal.competent_unit != unit


def test_a_complaint_about_the_centre_is_out_of_everybodys_hands_but_the_councils() -> None:
    """13: its secretariat supervises how the regulation is carried out; 10-3 names nobody above it."""
    assert route(CaseFacts(Kind.COMPLAINT, complained_unit=CENTRE), COUNTRY).unit == COUNCIL
    assert all(barred(unit, CENTRE) for unit in UNITS)


def test_a_complaint_about_the_council_is_for_courts_and_boards_to_hear() -> None:
    with pytest.raises(NobodyAbove):
        route(CaseFacts(Kind.COMPLAINT, complained_unit=COUNCIL), COUNTRY)


@pytest.mark.parametrize(
    ("held", "meant"),
    [
        ([("agency/energy_ministry/head", Position.HEAD)], "agency/energy_ministry/head"),
        ([("agency/energy_ministry/head", Position.DEPUTY)], "agency/energy_ministry/deputies"),
        ([("agency/energy_ministry/head", Position.STAFF)], "agency/energy_ministry/deputies"),
        ([("province/01/governor", Position.DEPUTY)], "province/01/deputies"),
        ([("county/0101/desk", Position.STAFF)], "county/0101/desk"),
        ([("agency/water_company/0101", Position.HEAD)], "agency/water_company/0101"),
        ([("county/0101/desk", Position.HEAD), ("county/0101/governor", Position.HEAD)],
         "county/0101/governor"),
        ([], None),
    ],
)  # fmt: skip
def test_10_3_an_official_stands_for_the_highest_of_their_units(
    held: list[tuple[str, Position]], meant: str | None
) -> None:
    assert stands_for(held) == meant
