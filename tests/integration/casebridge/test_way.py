"""A case on its way: from unit to unit, to an answer, to what the applicant says to it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from casebridge.answers import service as answers
from casebridge.cases.models import Case
from casebridge.notifications.models import Notification
from casebridge.problems import Problem
from casebridge.referrals import overdue
from casebridge.referrals import service as referrals
from line111.clock import now

DESK = "province/23/desk"
GOVERNOR = "province/23/governor"


@pytest.fixture
async def way(api: Any) -> Any:
    return api


async def opened(api: Any, **changes: Any) -> UUID:
    """A case as a call opens it."""
    intake = api.citizen.intake((await api.codes(1))[0], **changes)
    async with api.client() as client:
        await client.post_record(intake)
    return UUID(intake["record_id"])


async def case_of(api: Any, case_id: UUID) -> Case:
    async with api.bridge.database.reading() as session:
        return await session.get_one(Case, case_id)


async def told(api: Any, case_id: UUID, audience: str = "applicant") -> list[str]:
    """Templates of what was written to the applicant or to units, in order."""
    async with api.bridge.database.reading() as session:
        query = select(Notification.template).where(
            Notification.case_id == case_id, Notification.audience == audience
        )
        return list(await session.scalars(query.order_by(Notification.created_at, Notification.id)))


async def answered(api: Any, case_id: UUID, unit: str | None = None) -> None:
    async with api.bridge.database.writing() as session:
        await answers.answer(session, case_id, unit=unit, actor="t", text="پاسخ", language="fa")


async def test_every_case_has_an_owner_from_its_first_moment(way: Any) -> None:
    owners = {
        "request": DESK, "guidance": DESK, "idea": "centre/ideas", "sentiment": "centre",
    }  # fmt: skip
    for kind, owner in owners.items():
        assert (await case_of(way, await opened(way, kind=kind))).owner_unit == owner
    assert (await case_of(way, await opened(way, province=None))).owner_unit == "centre"


@pytest.mark.parametrize("kind", ["complaint", "criticism", "report", "unclassified"])
async def test_what_may_be_about_the_desk_or_its_governor_is_the_centres_until_somebody_has_listened(
    way: Any, kind: str
) -> None:
    case_id = await opened(way, kind=kind)
    assert (await case_of(way, case_id)).owner_unit == "centre"
    async with way.bridge.database.writing() as session:
        said = {"kind": "complaint", "level": "province"}
        await referrals.classify(session, case_id, said, "t", forward=True)
    assert (await case_of(way, case_id)).owner_unit == "province/23/performance"


async def test_a_case_travels_to_an_answer_and_the_applicant_hears_of_every_step(way: Any) -> None:
    case_id = await opened(way)
    async with way.person("agent") as http:
        path = f"/cases/{case_id}"
        target = {"subject": "water_cut", "level": "province", "version": 1}
        subject = (await http.patch(path, json=target)).json()
        assert subject.get("version") == 2, subject
        route = (await http.get(f"{path}/route")).json()
        assert route["unit"].startswith("agency/")
        assert route["article"] == "4-6"
        moved = await http.post(f"{path}/refer", json={"to_unit": route["unit"], "version": 2})
        assert moved.json()["status"] == "referred"
        assert (await http.post(f"{path}/take", json={})).json()["status"] == "in_hand"
        done = await http.post(f"{path}/services", json={"what": "A crew was sent."})
        assert done.status_code == 200
        text = {"text": "The pipe was mended.", "language": "en"}
        assert (await http.post(f"{path}/answers", json=text)).json()["status"] == "answered"
    async with way.person("agent", username="agent2") as http:
        assert (await http.post(f"{path}/decide", json={"accepted": True})).json()["status"] == "accepted"
        given = (await http.get(f"{path}/answers")).json()
        assert [(line["decision"], line["decided_by"]) for line in given] == [("accepted", "agent")]
        assert len((await http.get(f"{path}/services")).json()) == 1
        lines = (await http.get(path)).json()["history"]
    assert [line["action"] for line in lines] == [
        "registered", "classified", "referred", "taken", "service_recorded", "answered", "accepted",
    ]  # fmt: skip
    assert [name for name in await told(way, case_id) if name != "registered"] == [
        "referred", "taken", "service_recorded", "answered", "accepted",
    ]  # fmt: skip
    assert await told(way, case_id, "unit") == ["referred"]


async def test_an_objection_goes_one_step_higher_and_the_last_one_to_the_centre(way: Any) -> None:
    case_id = await opened(way)
    for owner, status, rounds in ((GOVERNOR, "second_review", 2), ("centre", "objected", 2)):
        await answered(way, case_id)
        async with way.bridge.database.writing() as session:
            said = await answers.decide(session, case_id, accepted=False, by="sms", text="نه")
        assert said == "objected"
        case = await case_of(way, case_id)
        assert (case.owner_unit, case.status, case.round) == (owner, status, rounds)
    async with way.bridge.database.writing() as session:
        await answers.close(session, case_id, unit=None, actor="t", reason="problem_solving_session")
    assert (await case_of(way, case_id)).status == "closed"


async def test_a_decision_that_comes_too_late_changes_nothing(way: Any) -> None:
    case_id = await opened(way)
    await answered(way, case_id)
    async with way.bridge.database.writing() as session:
        assert await answers.decide(session, case_id, accepted=True, by="phone") == "accepted"
    async with way.bridge.database.writing() as session:
        assert await answers.decide(session, case_id, accepted=False, by="sms") == "not_open"
    assert (await case_of(way, case_id)).status == "accepted"


async def test_of_two_officials_who_answer_at_once_one_is_told_to_look_again(way: Any) -> None:
    case_id = await opened(way)
    version = (await case_of(way, case_id)).version

    async def give(text: str) -> str:
        try:
            async with way.bridge.database.writing() as session:
                await answers.answer(
                    session, case_id, unit=DESK, actor=text, text=text, language="fa", seen=version
                )
        except Problem as problem:
            return problem.code
        return "answered"

    assert sorted(await asyncio.gather(give("الف"), give("ب"))) == ["answered", "case_moved_on"]


async def test_who_is_complained_of_loses_the_case_and_never_gets_it_back(way: Any) -> None:
    case_id = await opened(way)
    async with way.bridge.database.writing() as session:
        about = {"kind": "complaint", "complained_unit": GOVERNOR}
        decision = await referrals.classify(session, case_id, about, "t")
    assert (decision.unit, decision.article) == ("centre", "10-3")
    assert (await case_of(way, case_id)).owner_unit == "centre"
    for unit in (GOVERNOR, DESK, "province/23/performance", "county/2301/desk"):
        with pytest.raises(Problem, match="unit_barred"):
            async with way.bridge.database.writing() as session:
                await referrals.refer(session, case_id, to_unit=unit, actor="t")
        with pytest.raises(Problem, match="unit_barred"):
            async with way.bridge.database.writing() as session:
                await answers.answer(session, case_id, unit=unit, actor="t", text="x", language="fa")


async def test_what_a_case_is_about_can_be_emptied_again_but_not_its_kind_and_its_history_says_so(
    way: Any,
) -> None:
    case_id = await opened(way)
    path = f"/cases/{case_id}"
    async with way.person("agent") as http:
        await http.patch(path, json={"subject": "water_cut", "county": "2301", "complained_unit": GOVERNOR})
        emptied = {"subject": None, "province": None, "complained_unit": None}
        assert (await http.patch(path, json=emptied)).status_code == 200
        refused = await http.patch(path, json={"kind": None})
        line = (await http.get(path)).json()["history"][-1]
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "kind"
    case = await case_of(way, case_id)
    assert (case.subject, case.province, case.county, case.complained_unit) == (None, None, None, None)
    assert line["detail"]["complained_unit"] == {"from": GOVERNOR, "to": None}


async def test_nobody_acts_on_what_is_with_another_unit(way: Any) -> None:
    case_id = await opened(way)
    with pytest.raises(Problem, match="not_yours"):
        await answered(way, case_id, unit="province/01/desk")
    with pytest.raises(Problem, match="not_yours"):
        async with way.bridge.database.writing() as session:
            await referrals.take_in_hand(session, case_id, unit=GOVERNOR, actor="t")


async def test_a_desk_acts_only_within_its_duties_and_is_told_who_is_competent(way: Any) -> None:
    case_id = await opened(way)
    async with way.person("agent") as http:
        await http.patch(f"/cases/{case_id}", json={"subject": "water_cut"})
        answer = await http.post(f"/cases/{case_id}/refer", json={"to_unit": "agency/health_ministry/desk"})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("not_competent")
    assert "agency/" in answer.json()["detail"]


async def test_what_is_overdue_goes_one_step_up_and_its_people_are_reminded_before(way: Any) -> None:
    case_id = await opened(way)
    await overdue.sweep(way.bridge.database)
    assert (await case_of(way, case_id)).due_at is not None
    await _due(way, case_id, timedelta(minutes=5))
    await overdue.sweep(way.bridge.database)
    await overdue.sweep(way.bridge.database)
    assert await told(way, case_id, "unit") == ["reminder"]
    await _due(way, case_id, timedelta(minutes=-5))
    await overdue.sweep(way.bridge.database)
    case = await case_of(way, case_id)
    assert (case.owner_unit, case.status) == (GOVERNOR, "registered")
    assert case.due_at is not None
    assert case.due_at > now()
    assert await told(way, case_id, "unit") == ["reminder", "escalated"]


async def test_silence_ends_a_case_and_says_so(way: Any) -> None:
    case_id = await opened(way)
    await answered(way, case_id)
    async with way.bridge.database.writing() as session:
        long_ago = now() - timedelta(days=90)
        await session.execute(update(Case).where(Case.id == case_id).values(answered_at=long_ago))
    await overdue.sweep(way.bridge.database)
    assert (await case_of(way, case_id)).status == "closed"
    async with way.bridge.database.reading() as session:
        (given,) = await answers.answers_of(session, case_id)
    assert (given.decision, given.decided_by) == ("accepted", "silence")


async def test_a_referral_nobody_has_touched_can_be_taken_back(way: Any) -> None:
    case_id = await opened(way)
    async with way.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=GOVERNOR, actor="t", unit=DESK, reason="not_ours")
    async with way.bridge.database.writing() as session:
        await referrals.withdraw(session, case_id, unit=DESK, actor="t")
    assert (await case_of(way, case_id)).owner_unit == DESK
    async with way.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=GOVERNOR, actor="t", unit=DESK)
        await referrals.take_in_hand(session, case_id, unit=GOVERNOR, actor="t")
    with pytest.raises(Problem, match="not_withdrawable"):
        async with way.bridge.database.writing() as session:
            await referrals.withdraw(session, case_id, unit=DESK, actor="t")


async def _due(api: Any, case_id: UUID, away: timedelta) -> None:
    async with api.bridge.database.writing() as session:
        values = {"due_at": now() + away, "reminded_at": None}
        await session.execute(update(Case).where(Case.id == case_id).values(**values))


async def test_a_unit_does_not_take_back_what_was_taken_from_it(way: Any) -> None:
    case_id = await opened(way)
    async with way.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=GOVERNOR, actor="t")
        await referrals.refer(session, case_id, to_unit=DESK, actor="t", unit=GOVERNOR)
    await _due(way, case_id, timedelta(minutes=-5))
    await overdue.sweep(way.bridge.database)
    assert (await case_of(way, case_id)).owner_unit == GOVERNOR
    with pytest.raises(Problem, match="not_withdrawable"):
        async with way.bridge.database.writing() as session:
            await referrals.withdraw(session, case_id, unit=DESK, actor="t")


async def test_who_hears_a_complaint_can_not_say_that_it_is_about_nobody_or_another(way: Any) -> None:
    case_id, about = await opened(way), "county/2301/governor"
    async with way.bridge.database.writing() as session:
        await referrals.classify(session, case_id, {"complained_unit": about}, "t", forward=True)
    hears = (await case_of(way, case_id)).owner_unit
    for said in (None, "province/01/governor"):
        with pytest.raises(Problem, match="not_allowed"):
            async with way.bridge.database.writing() as session:
                await referrals.classify(session, case_id, {"complained_unit": said}, "t", unit=hears)
    async with way.bridge.database.writing() as session:
        await referrals.classify(
            session, case_id, {"complained_unit": about, "kind": "report"}, "t", unit=hears
        )
        await referrals.classify(session, case_id, {"complained_unit": None}, "t")
    assert (await case_of(way, case_id)).complained_unit is None
