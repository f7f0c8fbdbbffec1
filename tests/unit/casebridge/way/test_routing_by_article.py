"""Where a case goes: every row of the regulation, with its article."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from casebridge.cases.schemas import Channel, Kind, Level
from casebridge.country.schemas import UnitChange
from casebridge.country.units import COUNCIL
from casebridge.referrals.rules import (
    CaseFacts,
    NobodyAbove,
    complaint_owner,
    first_owner,
    in_force,
    last_instance,
    may_register,
    report_owner,
    route,
)
from tests.unit.casebridge.way.a_country import COUNTRY

WATER: dict[str, Any] = {"subject": "water_cut", "agency": "water_company"}
IN_COUNTY: dict[str, Any] = {"level": Level.COUNTY, "province": "01", "county": "0101"}
IN_PROVINCE: dict[str, Any] = {"level": Level.PROVINCE, "province": "01"}
NATIONAL: dict[str, Any] = {"level": Level.NATIONAL}

ROWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "4-1 a matter of a county goes to the county's desk": (
        {"kind": Kind.REQUEST, **IN_COUNTY}, "county/0101/desk", "4-1"),
    "4-3 a county office that the agency has gets what is its own": (
        {"kind": Kind.REQUEST, **IN_COUNTY, **WATER}, "agency/water_company/0101", "4-3"),
    "4-3 the county's desk gets it where the agency has no office there": (
        {"kind": Kind.REQUEST, **IN_COUNTY, "agency": "energy_ministry"}, "county/0101/desk", "4-3"),
    "4-6 a matter of a province goes to the agency's desk in the province": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, **WATER}, "agency/water_company/01/desk", "4-6"),
    "4-6 the agency leading in the subject is meant where none is named": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "subject": "water_cut"}, "agency/water_company/01/desk", "4-6"),
    "4-6 headquarters get it where the agency has no desk in the province": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "agency": "interior_ministry"},
        "agency/interior_ministry/desk", "4-6"),
    "4-10 what is beyond the province's powers goes up to the ministry": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, **WATER, "beyond_province": True},
        "agency/energy_ministry/desk", "4-10"),
    "4-10 what is a ministry's own goes to its desk": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "agency": "energy_ministry", "beyond_province": True},
        "agency/energy_ministry/desk", "4-10"),
    "4-10 a bank that stands below no ministry decides at its headquarters": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "subject": "loan", "beyond_province": True},
        "agency/state_bank/desk", "4-10"),
    "4-10 what is beyond the province and no agency's is not left there": (
        {"kind": Kind.REQUEST, **IN_COUNTY, "beyond_province": True}, "centre", "4-10"),
    "4-15 what is outside the named agency's duties goes to the one whose duty it is": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "agency": "state_bank", "subject": "water_cut"},
        "agency/water_company/01/desk", "4-6"),
    "4-15 what is nobody's duty goes to no agency that was named for it": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "agency": "state_bank", "subject": "weather"},
        "province/01/desk", "4-11"),
    "4-11 a matter of a province that is no agency's goes to the governor's desk": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "subject": "weather"}, "province/01/desk", "4-11"),
    "4-12 letters of a provincial trip go to the performance office": (
        {"kind": Kind.REQUEST, **IN_PROVINCE, "channel": Channel.PROVINCIAL_TRIP},
        "province/01/performance", "4-12"),
    "4-13 a matter of an agency goes to its desk": (
        {"kind": Kind.GUIDANCE, "level": Level.AGENCY, **WATER}, "agency/water_company/desk", "4-13"),
    "4-18 a request at national level goes to the competent body": (
        {"kind": Kind.REQUEST, **NATIONAL, "subject": "election"}, "agency/interior_ministry/desk", "4-18"),
    "4-18 a request nobody is competent for stays at the Centre": (
        {"kind": Kind.REQUEST, **NATIONAL, "subject": "weather"}, "centre", "4-18"),
    "4-19 an idea goes to the Centre's working group": (
        {"kind": Kind.IDEA, **IN_COUNTY, **WATER}, "centre/ideas", "4-19"),
    "4-20 a reviewed idea goes on to the agency concerned": (
        {"kind": Kind.IDEA, **NATIONAL, **WATER, "reviewed": True}, "agency/water_company/desk", "4-20"),
    "4-24 what has no place and no agency reaches the Centre's cartable": (
        {"kind": Kind.CRITICISM, **NATIONAL}, "centre", "4-24"),
    "4-25 the president's marginal note goes to the head of the agency": (
        {"kind": Kind.REQUEST, **IN_COUNTY, **WATER, "marginal_note": True},
        "agency/water_company/head", "4-25"),
    "1 sentiments go to the Centre": ({"kind": Kind.SENTIMENT, **IN_COUNTY}, "centre", "1"),
    "9-2 a matter from abroad goes to the agency's headquarters": (
        {"kind": Kind.REQUEST, **NATIONAL, **WATER, "from_abroad": True},
        "agency/water_company/desk", "9-2"),
    "9-2 a matter from abroad without an agency goes to the Centre": (
        {"kind": Kind.COMPLAINT, **NATIONAL, "from_abroad": True}, "centre", "9-2"),
    "10-2 the county's desk handles complaints at its level": (
        {"kind": Kind.COMPLAINT, **IN_COUNTY, **WATER}, "county/0101/desk", "10-2"),
    "10-2 the governor's performance office handles complaints at the province's level": (
        {"kind": Kind.COMPLAINT, **IN_PROVINCE, **WATER}, "province/01/performance", "10-2"),
    "10-2 the governor's performance office handles those of no agency as well": (
        {"kind": Kind.COMPLAINT, **IN_PROVINCE, "subject": "weather"}, "province/01/performance", "10-2"),
    "10-2 the agency's performance office handles complaints at an agency's level": (
        {"kind": Kind.COMPLAINT, "level": Level.AGENCY, **WATER}, "agency/water_company/performance", "10-2"),
    "10-2 the agency's performance office handles complaints that name no place": (
        {"kind": Kind.COMPLAINT, **NATIONAL, **WATER}, "agency/water_company/performance", "10-2"),
    "10-2 a complaint of no place and no agency is left to the Centre": (
        {"kind": Kind.COMPLAINT, **NATIONAL}, "centre", "4-24"),
    "10-2 criticism is no complaint and goes to the desk": (
        {"kind": Kind.CRITICISM, **IN_PROVINCE, **WATER}, "agency/water_company/01/desk", "4-6"),
    "10-2 a complaint from abroad goes to the agency's performance office": (
        {"kind": Kind.COMPLAINT, **NATIONAL, **WATER, "from_abroad": True},
        "agency/water_company/performance", "9-2"),
    "10-2 reports go to the specialised unit": (
        {"kind": Kind.REPORT, **IN_COUNTY, **WATER}, "agency/water_company/0101", "4-3"),
    "10-2 reports at the province's level go to the specialised desk": (
        {"kind": Kind.REPORT, **IN_PROVINCE, **WATER}, "agency/water_company/01/desk", "4-6"),
    "10-3 a complaint about an official leaves all other rules behind": (
        {"kind": Kind.COMPLAINT, **IN_COUNTY, **WATER, "marginal_note": True,
         "complained_unit": "agency/water_company/0101"}, "county/0101/governor", "10-3"),
    "10-3 a complaint about a minister's deputy is the minister's own": (
        {"kind": Kind.COMPLAINT, "level": Level.AGENCY, "agency": "energy_ministry",
         "complained_unit": "agency/energy_ministry/deputies"}, "agency/energy_ministry/head", "10-3"),
    "10-4 a report on an official goes to who is above him": (
        {"kind": Kind.REPORT, **IN_PROVINCE, "complained_unit": "agency/water_company/01"},
        "province/01/governor", "10-4"),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.replace(" ", "_"))
def test_a_case_goes_where_the_regulation_says(row: str) -> None:
    facts, unit, article = ROWS[row]
    decision = route(CaseFacts(**facts), COUNTRY)
    assert (decision.unit, decision.article) == (unit, article)


COMPLAINTS = {
    "agency/water_company/0101": "county/0101/governor",
    "county/0101/desk": "county/0101/governor",
    "agency/water_company/01": "province/01/governor",
    "agency/water_company/01/desk": "province/01/governor",
    "county/0101/governor": "province/01/governor",
    "province/01/desk": "province/01/governor",
    "province/01/performance": "province/01/governor",
    "agency/water_company/desk": "agency/water_company/head",
    "agency/water_company/performance": "agency/water_company/head",
    "agency/energy_ministry/deputies": "agency/energy_ministry/head",
    "province/01/deputies": "province/01/governor",
    "county/0101/deputies": "county/0101/governor",
    "agency/water_company/head": "centre",
    "province/01/governor": "centre",
    "centre/ideas": "centre",
    "centre": "council",
}


@pytest.mark.parametrize(("complained", "owner"), COMPLAINTS.items(), ids=lambda unit: f"10-3_{unit}")
def test_a_complaint_goes_one_step_up_the_hierarchy(complained: str, owner: str) -> None:
    assert complaint_owner(complained) == owner


REPORTS = {
    "agency/water_company/0101": "county/0101/governor",
    "county/0101/desk": "county/0101/governor",
    "agency/water_company/01": "province/01/governor",
    "agency/water_company/01/desk": "province/01/governor",
    "county/0101/governor": "province/01/governor",
    "province/01/performance": "province/01/governor",
    "province/01/governor": "centre",
    "agency/water_company/head": "centre",
    "agency/water_company/desk": "centre",
    "agency/water_company/performance": "centre",
    "agency/energy_ministry/deputies": "centre",
    "province/01/deputies": "province/01/governor",
    "county/0101/deputies": "county/0101/governor",
    "centre/ideas": "centre",
    "centre": "council",
}


@pytest.mark.parametrize(("reported", "owner"), REPORTS.items(), ids=lambda unit: f"10-4_{unit}")
def test_a_report_on_performance_goes_to_who_is_above(reported: str, owner: str) -> None:
    assert report_owner(reported) == owner


def test_nobody_stands_above_the_council() -> None:
    with pytest.raises(NobodyAbove):
        complaint_owner(COUNCIL)
    with pytest.raises(NobodyAbove):
        report_owner(COUNCIL)


@pytest.mark.parametrize(
    ("complained", "last"),
    [(None, "centre"), ("province/01/governor", "centre"), ("centre/ideas", "centre"), ("centre", "council")],
)
def test_9_1_the_centre_has_the_last_word_but_about_itself_13(complained: str | None, last: str) -> None:
    assert last_instance(complained) == last


@pytest.mark.parametrize(
    ("kind", "heard", "province", "county", "owner"),
    [
        ("complaint", True, "01", None, "province/01/desk"),
        ("complaint", False, "01", "0101", "centre"),
        ("criticism", False, "01", None, "centre"),
        ("report", False, "01", None, "centre"),
        ("unclassified", False, "01", None, "centre"),
        ("unclassified", True, "01", None, "province/01/desk"),
        ("request", False, "01", None, "province/01/desk"),
        ("request", True, "01", "0101", "county/0101/desk"),
        ("unclassified", False, None, None, "centre"),
        ("idea", False, "01", None, "centre/ideas"),
        ("sentiment", True, "01", None, "centre"),
    ],
)
def test_10_3_what_may_be_about_the_first_desk_is_the_centres_until_heard(
    kind: str, heard: bool, province: str | None, county: str | None, owner: str
) -> None:
    assert first_owner(kind, province, county, heard=heard) == owner


def test_a_call_begins_above_a_desk_that_was_closed() -> None:
    change = UnitChange(code="province/01/desk", active=False)
    closed = replace(COUNTRY, edition="closed", changes={change.code: change})
    assert in_force("province/01/desk", closed) == "province/01/governor"
    assert in_force("county/0101/desk", closed) == "county/0101/desk"


@pytest.mark.parametrize(
    ("unit", "subject", "competent", "article"),
    [
        ("agency/state_bank/01/desk", "water_cut", "agency/water_company/01/desk", "4-8"),
        ("agency/state_bank/01", "water", "agency/water_company/01/desk", "4-8"),
        ("agency/state_bank/desk", "water_cut", "agency/water_company/01/desk", "4-15"),
        ("agency/state_bank/desk", "weather", "province/01/desk", "4-15"),
        ("agency/state_bank/desk", None, "province/01/desk", "4-15"),
        ("agency/state_bank/01/desk", None, "province/01/desk", "4-8"),
    ],
)
def test_a_desk_is_refused_what_is_not_its_agencys_duty(
    unit: str, subject: str | None, competent: str, article: str
) -> None:
    refusal = may_register(unit, subject, COUNTRY, CaseFacts(Kind.REQUEST, **IN_PROVINCE))
    assert refusal is not None
    assert (refusal.competent_unit, refusal.article) == (competent, article)


@pytest.mark.parametrize(
    ("unit", "subject"),
    [
        ("agency/water_company/01/desk", "water_cut"),  # below the duty that was given
        ("agency/energy_ministry/desk", "water"),  # shares it, does not lead
        ("county/0101/desk", "water_cut"),
        ("province/01/governor", "loan"),
        ("centre", "weather"),
    ],
)
def test_a_desk_may_act_within_its_duties_and_desks_of_places_on_everything(
    unit: str, subject: str | None
) -> None:
    assert may_register(unit, subject, COUNTRY, CaseFacts(Kind.REQUEST, **IN_PROVINCE)) is None


def test_a_ministry_acts_on_what_goes_up_to_it() -> None:
    going_up = CaseFacts(Kind.REQUEST, **IN_PROVINCE, subject="water_cut", beyond_province=True)
    assert may_register("agency/energy_ministry/desk", "water_cut", COUNTRY, going_up) is None
    assert may_register("agency/interior_ministry/desk", "water_cut", COUNTRY, going_up) is not None
