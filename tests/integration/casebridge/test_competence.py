"""Who may act on a case: desks within their duties, ideas after the working group, who answers for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casebridge.answers import service as answers
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import HistoryLine
from casebridge.country.editing import save_one
from casebridge.country.schemas import Sheet, UnitChange
from casebridge.problems import Problem
from casebridge.referrals import service as referrals
from line111.clock import now
from tests.integration.casebridge.test_registrations import form, member
from tests.integration.casebridge.test_way import DESK, case_of, opened, told

BANK = "agency/bank_melli/23/desk"
WATER = "agency/water_company/23/desk"


@pytest.fixture
async def api(on_sqlite: Callable[[], Any], run_bridge: Callable[..., Any]) -> AsyncIterator[Any]:
    async with run_bridge(on_sqlite()) as made:
        yield made


async def given_to(api: Any, case_id: UUID, unit: str, **about: Any) -> None:
    """The case, said to be about this, is with this unit."""
    async with api.bridge.database.writing() as session:
        if about:
            await referrals.classify(session, case_id, about, "t")
        await referrals.refer(session, case_id, to_unit=unit, actor="t")


async def refusal(api: Any, step: Callable[[Any], Any]) -> Problem:
    with pytest.raises(Problem) as caught:
        async with api.bridge.database.writing() as session:
            await step(session)
    return caught.value


async def test_an_agencys_desk_does_nothing_with_what_says_no_subject_or_anothers(api: Any) -> None:
    """4-8: neither by leaving the subject empty, nor by another step than the answer."""
    case_id = await opened(api)
    refused = await refusal(api, lambda s: referrals.refer(s, case_id, to_unit=BANK, actor="t"))
    assert (refused.code, refused.values["unit"], refused.values["article"]) == (
        "subject_needed",
        DESK,
        "4-8",
    )
    await given_to(api, case_id, WATER, subject="water_cut", level="province")
    async with api.bridge.database.writing() as session:
        await referrals.classify(session, case_id, {"subject": None}, "t", unit=WATER)
    steps: list[Callable[[Any], Any]] = [
        lambda s: referrals.take_in_hand(s, case_id, unit=WATER, actor="t"),
        lambda s: referrals.ask_applicant(s, case_id, unit=WATER, actor="t", text="کجا؟"),
        lambda s: answers.record_service(s, case_id, unit=WATER, actor="t", what="x"),
        lambda s: answers.answer(s, case_id, unit=WATER, actor="t", text="x", language="fa"),
    ]
    assert [(await refusal(api, step)).code for step in steps] == ["subject_needed"] * len(steps)
    async with api.bridge.database.writing() as session:
        await referrals.classify(session, case_id, {"subject": "schools"}, "t", unit=WATER)
    assert [(await refusal(api, step)).code for step in steps] == ["not_competent"] * len(steps)
    async with api.bridge.database.writing() as session:
        await referrals.classify(session, case_id, {"subject": "water_cut"}, "t", unit=WATER)
        await referrals.take_in_hand(session, case_id, unit=WATER, actor="t", note="seen")
        line = await session.scalar(select(HistoryLine).where(HistoryLine.action == "taken"))
    assert line.detail["note"] == "seen"


async def test_a_desk_of_an_agency_registers_nothing_that_says_no_subject(api: Any) -> None:
    async with api.person("official", username="official1") as http:
        await member(api, "official1", BANK)
        refused = await http.post("/cases", json=form(unit=BANK))
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "subject_needed")


async def test_nobody_names_an_agency_for_what_is_not_among_its_duties(api: Any) -> None:
    case_id = await opened(api)
    about = {"subject": "water_cut", "agency": "bank_melli", "level": "province"}
    refused = await refusal(api, lambda s: referrals.classify(s, case_id, about, "t"))
    assert (refused.code, refused.values["unit"]) == ("not_competent", WATER)


async def test_an_idea_passes_the_working_group_before_any_agency(api: Any) -> None:
    """4-19, 4-20: a desk that says of a case that it is an idea sends it to the group, not past it."""
    case_id, path = await opened(api), ""
    path = f"/cases/{case_id}"
    async with api.person("agent") as http:
        about = {"kind": "idea", "subject": "water_cut"}
        assert (await http.patch(path, json=about)).status_code == 200
        around = await http.post(f"{path}/refer", json={"to_unit": WATER})
        assert (around.status_code, "4-19" in around.json()["detail"]) == (409, True)
        sent = (await http.post(f"{path}/forward", json={"note": "a new way"})).json()
        assert (sent["unit"], sent["article"]) == ("centre/ideas", "4-19")
        sent = (await http.post(f"{path}/forward", json={})).json()
        assert (sent["unit"], sent["article"]) == ("agency/water_company/desk", "4-20")
        again = (await http.post(f"{path}/forward", json={})).json()
        assert again["unit"] == "agency/water_company/desk", "what the group has approved of stays so"
        passed = (await http.get(f"{path}/referrals")).json()
    assert [(line["to_unit"], line["note"]) for line in passed] == [
        ("centre/ideas", "a new way"),
        ("agency/water_company/desk", None),
    ]


async def test_who_has_answered_does_not_say_for_the_applicant_that_it_is_accepted(api: Any) -> None:
    case_id = await opened(api)
    path = f"/cases/{case_id}"
    async with api.person("agent") as http:
        answer = {"text": "The pipe was mended.", "language": "en"}
        assert (await http.post(f"{path}/answers", json=answer)).json()["status"] == "answered"
        given = (await http.get(f"{path}/answers")).json()
        assert [(line["unit_code"], line["actor"]) for line in given] == [("centre", "person:agent1")]
        assert "decide" not in (await http.get(f"{path}/way")).json()["may"]
        refused = await http.post(f"{path}/decide", json={"accepted": True})
        assert refused.json()["type"].endswith("own_answer")
    async with api.bridge.database.writing() as session:
        callback = CallbackRow(
            id=case_id, case_id=case_id, state="claimed", queue="general", wished="asap", arrived_at=now(),
            due_at=now(), claimed_by="agent2", claimed_at=now(),
        )  # fmt: skip
        session.add(callback)
    async with api.person("agent", username="agent2") as http:
        said = {"accepted": True, "call_id": "1795500000.1"}
        assert (await http.post(f"{path}/decide", json=said)).json()["status"] == "accepted"
        line = (await http.get(path)).json()["history"][-1]
    assert (line["detail"]["callback_id"], line["detail"]["call_id"]) == (str(case_id), "1795500000.1")


async def test_the_applicant_hears_of_what_is_done_and_taken_back_and_why(api: Any) -> None:
    case_id = await opened(api)
    async with api.bridge.database.writing() as session:
        await referrals.refer(
            session, case_id, to_unit="province/23/governor", actor="t", unit=DESK, reason="permit"
        )
        await referrals.withdraw(session, case_id, unit=DESK, actor="t")
        await answers.record_service(session, case_id, unit=DESK, actor="t", what="لوله تعویض شد")
        await referrals.ask_applicant(session, case_id, unit=DESK, actor="t", text="کجا؟")
        await referrals.supplied(session, case_id, unit=DESK, actor="t")
    heard = await told(api, case_id)
    assert heard == ["registered", "referred", "withdrawn", "service_recorded", "asked", "supplied"]


async def test_a_note_of_an_older_page_is_refused_where_the_case_has_moved_on(api: Any) -> None:
    case_id = await opened(api)
    async with api.bridge.database.writing() as session:
        await referrals.ask_applicant(session, case_id, unit=DESK, actor="t", text="کجا؟")
    async with api.person("agent") as http:
        late = await http.post(f"/cases/{case_id}/supplied", json={"note": "at home", "version": 1})
    assert late.json()["type"].endswith("case_moved_on")


async def test_a_call_comes_to_no_desk_that_was_closed_and_the_centre_sees_whom_nobody_holds(
    api: Any,
) -> None:
    async with api.bridge.database.writing() as session:
        await save_one(session, Sheet.UNITS, UnitChange(code=DESK, active=False), "t")
    case_id = await opened(api, kind="request")
    assert (await case_of(api, case_id)).owner_unit == "province/23/governor"
    async with api.person("supervisor") as http:
        found = (await http.get("/centre/overview")).json()
        assert [(one["code"], one["open"]) for one in found["by_nobody"]] == [("province/23/governor", 1)]
        await member(api, "agent1", "province/23/governor")
        assert (await http.get("/centre/overview")).json()["by_nobody"] == []


async def test_a_letter_of_a_provincial_trip_lies_where_the_reply_says(api: Any) -> None:
    async with api.person("agent") as http:
        case = (await http.post("/cases", json=form(channel="provincial_trip"))).json()
        beyond = (await http.post("/cases", json=form(beyond_province=True))).json()
    assert (case["owner_unit"], case["article"]) == ("province/23/performance", "4-12")
    assert (beyond["owner_unit"], beyond["article"]) == ("centre", "4-10")
