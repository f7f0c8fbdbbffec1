"""An outside SAMAD that fails, is slow, loses answers, says nonsense: nothing lost, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from casebridge.answers import service as answers
from casebridge.links.circuit import CircuitState
from casebridge.links.fan_out import SAMAD
from casebridge.links.models import LinkedCase, ReceivedChange
from casebridge.links.receiving import take_change
from casebridge.links.schemas import SamadChange
from line111.clock import now
from line111.settings import Settings


@pytest.fixture
async def linked(on_sqlite: Any, run_bridge: Any, outside: Any, linked_outside: Any) -> Any:
    """A bridge with an outside SAMAD."""
    settings: Settings = on_sqlite()
    linked_outside(settings, outside, timeout_seconds=0.4)
    async with run_bridge(settings) as api:
        yield api


async def test_everything_arrives_once_however_the_other_side_fails(
    linked: Any, outside: Any, a_case: Any, deliveries: Any, eventually: Any
) -> None:
    outside.answers = [503, "cut", "garbage", 429, "nameless", "slow", 401, 500, "cut"]
    cases = [await a_case(linked) for _ in range(6)]

    async def all_there() -> bool:
        return len(await deliveries(linked, "delivered")) == len(cases)

    await eventually(all_there, "all cases to be there", 20)
    assert sorted(case["externalCode"] for case in outside.cases.values()) == sorted(
        case.tracking_code for case in cases
    )
    assert outside.repeated >= 2, "the ones it had taken without saying so came again"
    assert not await deliveries(linked, "dead", "waiting")


async def test_what_is_refused_is_a_dead_letter_that_can_be_sent_again(
    linked: Any, outside: Any, a_case: Any, deliveries: Any, eventually: Any
) -> None:
    outside.answers = [422]
    await a_case(linked)
    (dead,) = await eventually(lambda: deliveries(linked, "dead"), "a dead letter")
    assert (dead.attempts, dead.last_error) == (1, "it answered 422")
    async with linked.http("operator") as http:
        page = (await http.get("/links/deliveries", params={"state": "dead"})).json()
        assert [item["id"] for item in page["items"]] == [str(dead.id)]
        assert (await http.post(f"/links/deliveries/{dead.id}/resend")).status_code == 204
        await eventually(lambda: deliveries(linked, "delivered"), "the letter to arrive")
        assert (await http.post(f"/links/deliveries/{dead.id}/resend")).status_code == 409
    assert len(outside.cases) == 1


async def test_a_dead_letter_may_be_dropped(
    linked: Any, outside: Any, a_case: Any, deliveries: Any, eventually: Any
) -> None:
    outside.answers = [400]
    await a_case(linked)
    (dead,) = await eventually(lambda: deliveries(linked, "dead"), "a dead letter")
    async with linked.http("operator") as http:
        assert (await http.post(f"/links/deliveries/{dead.id}/drop")).status_code == 204
    assert await deliveries(linked, "dropped")
    assert not outside.cases


async def test_steps_come_after_their_case_and_in_their_order(
    linked: Any, outside: Any, a_case: Any, deliveries: Any, eventually: Any
) -> None:
    outside.answers = [500, 500]
    case = await a_case(linked)
    async with linked.bridge.database.writing() as session:
        await answers.answer(session, case.id, unit=None, actor="person:a", text="done", language="fa")
    async with linked.bridge.database.writing() as session:
        await answers.decide(session, case.id, accepted=True, by="phone")
    linked.bridge.relay.wake()

    async def told() -> bool:
        return len(await deliveries(linked, "delivered")) == 3

    await eventually(told, "all steps to be told")
    (key,) = outside.cases
    steps = outside.steps[outside.reference_of(key)]
    assert [step["step"] for step in steps] == ["answered", "accepted"]
    assert steps[0]["response"] == {"text": "done"}
    assert steps[1]["state"] == "OK"


async def test_a_neighbour_that_keeps_failing_is_left_alone(
    linked: Any, outside: Any, a_case: Any, deliveries: Any, eventually: Any
) -> None:
    outside.answers = [500] * 200
    for _ in range(6):
        await a_case(linked)

    async def opened() -> bool:
        return linked.bridge.deliverer.circuit_state("samad") is not CircuitState.CLOSED

    await eventually(opened, "the breaker to open")
    outside.answers.clear()

    async def all_there() -> bool:
        return len(await deliveries(linked, "delivered")) == 6

    await eventually(all_there, "the breaker to close again")
    assert linked.bridge.deliverer.circuit_state("samad") is CircuitState.CLOSED


async def test_their_changes_are_applied_once_whether_asked_for_or_sent(
    linked: Any, outside: Any, a_case: Any, case_now: Any, eventually: Any, deliveries: Any
) -> None:
    case = await a_case(linked)
    await eventually(lambda: deliveries(linked, "delivered"), "the case to be there")
    (key,) = outside.cases
    reference = outside.reference_of(key)
    taken = {"changeId": "t1", "trackingNumber": reference, "state": "OPEN"}
    unknown = {"changeId": "t2", "trackingNumber": "S-99", "state": "OPEN"}
    strange = {"changeId": "t3", "trackingNumber": reference, "state": "NOBODY_KNOWS"}
    async with linked.http() as http:
        assert (await http.post("/links/samad/changes", json=[taken])).status_code == 401
        http.headers["Authorization"] = "Bearer a secret both know"
        answer = await http.post("/links/samad/changes", json=[taken, taken, unknown, strange])
        assert answer.json() == {"applied": 1, "known": 1, "refused": 2}
        assert (await http.post("/links/samad/changes", json=[{"state": "OPEN"}])).status_code == 422
    assert (await case_now(linked, case.id)).status == "in_hand"
    outside.changes.append(taken)
    outside.changes.append({"changeId": "t4", "trackingNumber": reference, "response": {"text": "done"}})

    async def answered() -> bool:
        return bool((await case_now(linked, case.id)).status == "answered")

    await eventually(answered, "the answer")
    async with linked.bridge.database.reading() as session:
        rows = await session.scalars(select(ReceivedChange).order_by(ReceivedChange.change_id))
        assert [(row.change_id, row.outcome) for row in rows] == [
            ("t1", "applied"), ("t2", "unknown_case"), ("t3", "refused"), ("t4", "applied"),
        ]  # fmt: skip


async def test_nothing_that_identifies_a_person_waits_in_the_deliveries(
    linked: Any, outside: Any, a_case: Any, deliveries: Any
) -> None:
    outside.answers = [500] * 50
    await a_case(linked, identifier="0012345679")
    await linked.told()
    (row,) = await deliveries(linked, "waiting")
    assert "0012345679" not in str(vars(row))


async def test_a_change_told_before_we_knew_their_name_for_the_case_counts_when_told_again(
    seeded_api: Any, a_case: Any, case_now: Any
) -> None:
    case = await a_case(seeded_api)
    change = SamadChange(id="c1", reference="S-1", status="in_hand")
    outcomes = []
    for named in (False, True, False):
        async with seeded_api.bridge.database.writing() as session:
            if named:
                link = {"target": SAMAD, "case_id": case.id, "direction": "out", "reference": "S-1"}
                session.add(LinkedCase(**link, at=now()))
                await session.flush()
            outcomes.append(await take_change(session, change))
    assert outcomes == ["unknown_case", "applied", "known"]
    assert (await case_now(seeded_api, case.id)).status == "in_hand"
