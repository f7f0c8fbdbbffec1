"""Cases that come another way than by the line, and desks that keep within their duties."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from casebridge.answers import service as answers
from casebridge.audit.models import AuditLine
from casebridge.cases.models import Case
from casebridge.country.models import MembershipRow
from casebridge.notifications.models import Notification
from casebridge.people.models import Account
from casebridge.problems import Problem
from casebridge.referrals import overdue
from casebridge.referrals import service as referrals
from line111.clock import now
from persian.identifiers import sample_identifier

PROVINCE = "23"


@pytest.fixture
async def country(api: Any) -> Any:
    return api


APPLICANTS = count(4711)


def form(**changes: Any) -> dict[str, Any]:
    """What a mail room writes down, each time of another applicant."""
    return {
        "channel": "post",
        "kind": "request",
        "identifier": sample_identifier("national_id", next(APPLICANTS)),
        "text": "The water has been cut for three days.",
        "province": PROVINCE,
    } | changes


async def case_of(api: Any, case_id: str) -> Case:
    async with api.bridge.database.reading() as session:
        return await session.get_one(Case, UUID(case_id))


async def member(api: Any, username: str, unit: str) -> None:
    async with api.bridge.database.writing() as session:
        account = await session.scalar(select(Account.id).where(Account.username == username))
        values = {"account_id": account, "unit_code": unit, "position": "head", "since": now()}
        await session.execute(insert(MembershipRow).values(values))


async def test_a_letter_becomes_a_case_with_a_code_an_owner_and_a_deadline(country: Any) -> None:
    async with country.person("agent") as http:
        channels = ("in_person", "post", "email", "fax", "web")
        opened = [
            (await http.post("/cases", json=form(channel=channel, email="a@example.org"))).json()
            for channel in channels
        ]
        routed = (await http.post("/cases", json=form(subject="water_cut", level="province"))).json()
        abroad = (await http.post("/cases", json=form(subject="water_cut", from_abroad=True))).json()
        noted = (await http.post("/cases", json=form(subject="water_cut", marginal_note=True))).json()
    assert len({case["tracking_code"] for case in opened}) == len(channels)
    assert {case["owner_unit"] for case in opened} == {f"province/{PROVINCE}/desk"}
    assert all(case["due_at"] for case in opened)
    agency = routed["owner_unit"].split("/")[1]
    assert (routed["owner_unit"], routed["article"]) == (f"agency/{agency}/{PROVINCE}/desk", "4-6")
    assert (abroad["owner_unit"], abroad["article"]) == (f"agency/{agency}/desk", "9-2")
    assert (noted["owner_unit"], noted["article"]) == (f"agency/{agency}/head", "4-25")
    async with country.bridge.database.reading() as session:
        told = await session.scalars(
            select(Notification.template)
            .where(Notification.case_id == UUID(routed["case_id"]), Notification.audience == "applicant")
            .order_by(Notification.created_at)
        )
        assert list(told) == ["registered", "referred"]


async def test_what_was_likely_raised_before_is_shown_and_registered_only_by_who_has_seen_it(
    country: Any,
) -> None:
    letter = form(subject="water_cut", text="The water has been cut in our street for three days.")
    async with country.person("agent") as http:
        first = (await http.post("/cases", json=letter)).json()
        again = await http.post("/cases", json=letter | {"channel": "fax"}, headers={"Accept-Language": "en"})
        assert again.status_code == 409
        problem = again.json()
        assert problem["type"].endswith("raised_before")
        assert "raised the same matter before" in problem["detail"]
        assert [one["tracking_code"] for one in problem["candidates"]] == [first["tracking_code"]]
        other = letter | {
            "text": "I would like to thank the teacher.",
            "kind": "appreciation",
            "subject": None,
        }
        assert (await http.post("/cases", json=other)).status_code == 201
        seen = [one["id"] for one in problem["candidates"]]
        second = await http.post("/cases", json=letter | {"seen": seen})
        assert second.status_code == 201
        lost = (await http.post("/cases", json=letter | {"seen": seen})).json()["candidates"]
        assert {one["id"] for one in lost} == {first["case_id"], second.json()["case_id"]}
    async with country.bridge.database.reading() as session:
        cases = await session.scalars(select(Case.id).where(Case.tracking_code.is_not(None)))
        assert len(list(cases)) == 3
        looked = select(AuditLine.actor).where(AuditLine.action == "repeats_looked_for")
        assert list(await session.scalars(looked)) == ["person:agent1"] * 2


async def test_who_registers_is_shown_no_case_out_of_sight(country: Any) -> None:
    letter = form(subject="water_cut", level="province")
    async with country.person("agent") as http:
        case = (await http.post("/cases", json=letter)).json()
    async with country.person("official", username="official2") as http:
        await member(country, "official2", "county/2301/desk")
        assert (await http.post("/cases", json=letter | {"county": "2301"})).status_code == 201
        mine = await http.post("/cases", json=letter | {"county": "2301"})
        assert mine.status_code == 409
        assert case["case_id"] not in mine.text


async def test_no_case_is_registered_without_a_valid_identifier_or_against_the_country(country: Any) -> None:
    async with country.person("agent") as http:
        for change, field in (
            ({"identifier": "1234567890"}, "identifier"),
            ({"subject": "no_such_subject"}, "subject"),
            ({"county": "9999", "province": None}, "county"),
            ({"complained_unit": "agency/none/head"}, "complained_unit"),
            ({"contact_number": "12"}, "contact_number"),
        ):
            answer = await http.post("/cases", json=form(**change))
            assert answer.status_code == 422, change
            assert answer.json()["errors"][0]["field"] == field
        about = await http.post("/cases", json=form(kind="complaint", complained_unit="council"))
    assert about.status_code == 409
    assert about.json()["type"].endswith("nobody_above")


async def test_an_agencys_desk_registers_within_its_duties_alone(country: Any) -> None:
    async with country.person("agent") as http:
        right = (await http.post("/cases", json=form(subject="water_cut", level="province"))).json()
    desk = right["owner_unit"]
    async with country.person("official", username="official1") as http:
        assert (await http.post("/cases", json=form(subject="water_cut"))).status_code == 403
        await member(country, "official1", desk)
        own = (await http.post("/cases", json=form(subject="water_cut", level="province"))).json()
        assert own["owner_unit"] == desk
        foreign = await http.post("/cases", json=form(subject="water_cut", unit="centre"))
        assert foreign.status_code == 403
        refused = await http.post("/cases", json=form(subject="recruitment_exam"))
        itself = form(kind="complaint", complained_unit=desk)
        assert (await http.post("/cases", json=itself)).status_code == 403
    assert refused.status_code == 409
    assert "4-8" in refused.json()["detail"] or "۴-۸" in refused.json()["detail"]
    assert "agency/" in refused.json()["detail"]


async def test_a_complaint_never_stands_in_the_hands_of_its_subject(country: Any) -> None:
    desk = f"province/{PROVINCE}/desk"
    async with country.person("agent") as http:
        case = (await http.post("/cases", json=form(kind="complaint", complained_unit=desk))).json()
        assert (case["owner_unit"], case["article"]) == (f"province/{PROVINCE}/governor", "10-3")
        assert (await case_of(country, case["case_id"])).owner_unit == f"province/{PROVINCE}/governor"
        plain = (await http.post("/cases", json=form(kind="complaint"))).json()
    case_id = UUID(plain["case_id"])
    async with country.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit="centre", actor="t", unit=desk)
        await referrals.classify(session, case_id, {"complained_unit": desk}, "t")
    with pytest.raises(Problem, match="unit_barred"):
        async with country.bridge.database.writing() as session:  # nor by taking its referral back
            await referrals.withdraw(session, case_id, unit=desk, actor="t")
    assert (await case_of(country, plain["case_id"])).owner_unit == "centre"


async def test_the_centre_ends_what_was_objected_to_twice_and_nobody_else(country: Any) -> None:
    async with country.person("agent") as http:
        case_id = (await http.post("/cases", json=form())).json()["case_id"]
        path = f"/cases/{case_id}"
        session_held = {
            "reason": "problem_solving_session", "note": "The road is mended by spring.",
            "held_on": "2026-11-24", "participants": "The applicant; the agency of roads",
        }  # fmt: skip
    for _ in range(2):
        async with country.person("agent", username="agent2") as http:
            await http.post(f"{path}/answers", json={"text": "No.", "language": "en"})
        async with country.person("agent") as http:
            await http.post(f"{path}/decide", json={"accepted": False, "text": "It is not true."})
    async with country.person("agent") as http:
        assert (await http.post(f"{path}/close", json=session_held)).status_code == 403
    assert (await case_of(country, case_id)).owner_unit == "centre"
    async with country.person("supervisor", username="supervisor1") as http:
        assert (await http.post(f"{path}/close", json=session_held)).status_code == 204
        assert (await http.post(f"{path}/close", json=session_held)).status_code == 409
        assert (await http.post(f"{path}/reopen", json={"reason": "It broke again."})).status_code == 204
        assert (await http.get(path)).json()["status"] == "in_hand"


async def test_a_second_review_does_not_go_back_down(country: Any) -> None:
    async with country.person("agent") as http:
        case_id = UUID((await http.post("/cases", json=form())).json()["case_id"])
    desk = f"province/{PROVINCE}/desk"
    async with country.bridge.database.writing() as session:
        await answers.answer(session, case_id, unit=desk, actor="t", text="x", language="fa")
        await answers.decide(session, case_id, accepted=False, by="phone")
    with pytest.raises(Problem, match="second_review_lower"):
        async with country.bridge.database.writing() as session:
            await referrals.refer(session, case_id, to_unit=desk, actor="t")
    with pytest.raises(Problem, match="second_review_lower"):
        async with country.bridge.database.writing() as session:
            await referrals.send_on(session, case_id, actor="t")
    async with country.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=f"province/{PROVINCE}/performance", actor="t")


async def test_the_applicant_is_to_hear_how_things_stand_and_ideas_come_back_to_the_centre(
    country: Any,
) -> None:
    async with country.person("agent") as http:
        idea = form(kind="idea", subject="water_cut")
        opened = (await http.post("/cases", json=idea)).json()
    assert opened["owner_unit"] == "centre/ideas"
    case_id = UUID(opened["case_id"])
    async with country.bridge.database.writing() as session:
        decision = await referrals.send_on(session, case_id, actor="t", unit="centre/ideas")
        assert decision.article == "4-20"
        case = await session.get_one(Case, case_id)
        assert case.due_at is not None
        assert case.interim_due_at is not None
        assert case.interim_due_at < case.due_at
        case.interim_due_at = now()
    await overdue.sweep(country.bridge.database)
    async with country.bridge.database.writing() as session:
        agency = decision.unit
        await answers.answer(
            session, case_id, unit=agency, actor="t", text="soon", language="fa", kind="interim"
        )
        assert (await session.get_one(Case, case_id)).interim_due_at is None
        await answers.answer(session, case_id, unit=agency, actor="t", text="done", language="fa")
        rows = await session.execute(
            select(Notification.template, Notification.unit_code)
            .where(Notification.case_id == case_id, Notification.audience == "unit")
            .order_by(Notification.created_at)
        )
        assert [tuple(row) for row in rows] == [
            ("referred", agency),
            ("interim_reminder", agency),
            ("idea_result", "centre"),
        ]
