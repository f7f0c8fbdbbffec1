"""Officials see and do what is theirs, and nothing else exists for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casebridge.answers import service as answers
from casebridge.audit.models import AuditLine
from casebridge.cases.models import Case
from casebridge.country.models import MembershipRow
from casebridge.people.models import Account
from casebridge.people.service import ensure_account
from casebridge.referrals import service as referrals
from casebridge.repeats import service as repeats
from line111.clock import now, to_text
from persian.identifiers import sample_identifier

DESK, GOVERNOR, PERFORMANCE = (f"province/23/{unit}" for unit in ("desk", "governor", "performance"))
PASSWORD = "a long password"


@pytest.fixture
async def land(api: Any) -> Any:
    return api


async def opened(api: Any, *, audio: bytes | None = None, **changes: Any) -> dict[str, Any]:
    intake = api.citizen.intake((await api.codes(1))[0], audio=audio, **changes)
    async with api.client() as client:
        await client.post_record(intake)
    return dict(intake)


async def official(api: Any, username: str, *units: str, roles: str = "official", as_: str = "head") -> None:
    """Somebody with these roles who holds these units, as their head, deputy or staff."""
    async with api.bridge.database.writing() as session:
        await ensure_account(session, username, PASSWORD, roles.split())
        await session.flush()
        account = await session.scalar(select(Account.id).where(Account.username == username))
        for unit in units:
            session.add(MembershipRow(account_id=account, unit_code=unit, position=as_, since=now()))


async def ids(http: Any) -> set[str]:
    return {row["id"] for row in (await http.get("/cases")).json()["items"]}


async def test_an_official_without_a_unit_sees_nothing(land: Any) -> None:
    intake = await opened(land)
    async with land.person("official", username="o1") as http:
        assert await ids(http) == set()
        for path in ("", "/referrals", "/answers", "/services", "/route"):
            assert (await http.get(f"/cases/{intake['record_id']}{path}")).status_code == 404
        assert (await http.get("/callbacks")).status_code == 403
        assert (await http.get("/events")).status_code == 403


async def test_an_official_sees_what_is_or_was_with_the_unit_and_acts_only_on_what_is(land: Any) -> None:
    mine, other = await opened(land), await opened(land, province="01")
    await official(land, "o2", DESK)
    async with land.person("official", username="o2") as http:
        path = f"/cases/{mine['record_id']}"
        assert await ids(http) == {mine["record_id"]}
        for step, body in (("take", {}), ("refer", {"to_unit": DESK}), ("answers", {"text": "x"})):
            away = await http.post(f"/cases/{other['record_id']}/{step}", json=body)
            assert away.status_code == 404
        assert (await http.post(f"{path}/take", json={})).json()["status"] == "in_hand"
        assert (await http.post(f"{path}/decide", json={"accepted": True})).status_code == 403
        assert (await http.post(f"{path}/refer", json={"to_unit": GOVERNOR})).status_code == 200
        assert await ids(http) == {mine["record_id"]}, "what has passed through the unit stays in sight"
        gone = await http.post(f"{path}/answers", json={"text": "x"})
        assert gone.status_code == 409
        assert gone.json()["type"].endswith("not_yours")


async def test_who_is_complained_of_can_neither_list_nor_open_nor_hear_nor_act(land: Any) -> None:
    sound = land.citizen.sound()
    intake = await opened(land, audio=sound)
    recording = intake["recording"]
    async with land.http("ivr") as node:
        audio = f"/recordings/{recording['recording_id']}/audio"
        headers = {"X-Content-SHA256": recording["sha256"]}
        assert (await node.put(audio, content=sound, headers=headers)).status_code == 204
    await official(land, "o3", DESK)
    await official(land, "o4", GOVERNOR)
    case = UUID(intake["record_id"])
    async with land.person("official", username="o3") as http:
        assert (await http.get(audio)).status_code == 200
    async with land.bridge.database.writing() as session:
        await referrals.classify(session, case, {"complained_unit": GOVERNOR}, "t")
    for username in ("o3", "o4"):
        async with land.person("official", username=username) as http:
            assert await ids(http) == set()
            assert (await http.get("/recordings")).json()["items"] == []
            for path in (
                f"/cases/{case}", f"/cases/{case}/referrals", f"/cases/{case}/answers", audio,
                f"/recordings/{recording['recording_id']}", f"/recordings/{recording['recording_id']}/peaks",
                f"/recordings/{recording['recording_id']}/transcript",
            ):  # fmt: skip
                assert (await http.get(path)).status_code == 404, path
            for step, body in (("take", {}), ("answers", {"text": "x"}), ("reveal", {})):
                assert (await http.post(f"/cases/{case}/{step}", json=body)).status_code == 404
    async with land.person("agent") as http:
        assert str(case) in await ids(http)


async def test_who_says_that_a_case_is_about_themselves_is_told_nothing_more_of_it(land: Any) -> None:
    case = UUID((await opened(land))["record_id"])
    await official(land, "o6", DESK)
    async with land.person("official", username="o6") as http:
        other = await http.patch(f"/cases/{case}", json={"kind": "request"})
        assert (other.status_code, other.json()["kind"]) == (200, "request")
        said = await http.patch(f"/cases/{case}", json={"kind": "complaint", "complained_unit": DESK})
        assert (said.status_code, said.content) == (204, b"")
        assert (await http.get(f"/cases/{case}")).status_code == 404


async def originals(http: Any) -> list[Any]:
    """What the repeat in sight was linked to, as the list and as its own page tell it."""
    (row,) = [row for row in (await http.get("/cases")).json()["items"] if row["original"]]
    detail = (await http.get(f"/cases/{row['id']}")).json()
    return [(one["original"]["tracking_code"], one["original"]["status"]) for one in (row, detail)]


async def test_a_repeat_names_no_original_that_is_out_of_sight(land: Any) -> None:
    who = sample_identifier("national_id", 77)
    original, repeat = [await opened(land, identifier=who) for _ in range(2)]
    async with land.bridge.database.writing() as session:
        await repeats.link(session, UUID(repeat["record_id"]), UUID(original["record_id"]), "t")
    await official(land, "o7", DESK)
    path = f"/cases/{repeat['record_id']}/repeats"
    async with land.person("official", username="o7") as http:
        assert (await http.get(path)).json()["linked_to_code"] == original["tracking_code"]
        assert {code for code, _ in await originals(http)} == {original["tracking_code"]}
        async with land.bridge.database.writing() as session:
            await referrals.classify(session, UUID(original["record_id"]), {"complained_unit": DESK}, "t")
        shown = (await http.get(path)).json()
        assert (shown["linked_to"], shown["linked_to_code"], shown["candidates"]) == (None, None, [])
        assert await originals(http) == [(None, None), (None, None)], "only that there is one"


async def test_a_search_finds_nothing_out_of_sight(land: Any) -> None:
    intake = await opened(land, province="01")
    await official(land, "o5", DESK)
    async with land.person("official", username="o5") as http:
        for query in (f"q={intake['tracking_code']}", f"tracking_code={intake['tracking_code']}"):
            assert (await http.get(f"/cases?{query}")).json()["items"] == []


async def about(api: Any, unit: str) -> UUID:
    """A complaint about a unit, classified and sent where it belongs by somebody at the Centre."""
    case = UUID((await opened(api, kind="complaint"))["record_id"])
    async with api.bridge.database.writing() as session:
        await referrals.classify(session, case, {"complained_unit": unit}, "t", forward=True)
    return case


async def reached(http: Any, case: UUID) -> bool:
    """Whether somebody comes to a case at all: lists, opens or answers it, all of these or none."""
    listed = str(case) in await ids(http)
    opened_too = (await http.get(f"/cases/{case}")).status_code == 200
    said = await http.post(f"/cases/{case}/answers", json={"text": "x", "language": "en"})
    assert {listed, opened_too, said.status_code != 404} == {listed}, said.text
    return listed


@pytest.mark.parametrize("role", ["agent", "supervisor"])
async def test_no_role_beside_opens_a_complaint_about_the_unit_one_holds(land: Any, role: str) -> None:
    mine, other = await about(land, GOVERNOR), await about(land, "province/10/governor")
    await official(land, "both", DESK, roles=f"official {role}")
    async with land.person("official", role, username="both") as http:
        assert not await reached(http, mine)
        assert await reached(http, other)


async def test_10_3_a_deputy_comes_to_no_complaint_about_deputies_nor_does_whom_he_asks_to(land: Any) -> None:
    ministry = "agency/energy_ministry"
    case = await about(land, f"{ministry}/deputies")
    await official(land, "minister", f"{ministry}/head")
    await official(land, "deputy", f"{ministry}/head", as_="deputy")
    await official(land, "friend")
    loan = {
        "to_username": "friend", "unit_code": f"{ministry}/head", "from_at": to_text(now()),
        "until_at": to_text(now() + timedelta(days=1)), "actions": ["answer"], "kinds": [],
    }  # fmt: skip
    async with land.person("official", username="deputy") as http:
        assert not await reached(http, case)
        assert (await http.post("/delegations", json=loan)).status_code in {200, 201}
    async with land.person("official", username="friend") as http:
        assert not await reached(http, case)
    async with land.person("official", username="minister") as http:
        assert await reached(http, case)


async def test_13_a_complaint_about_the_centre_is_the_councils_and_no_more_its_own_peoples(land: Any) -> None:
    case = await about(land, "centre")
    await official(land, "council1", "council")
    await official(land, "centre1", "centre")
    for role, username in (("agent", "a1"), ("supervisor", "a2"), ("official", "centre1")):
        async with land.person(role, username=username) as http:
            assert not await reached(http, case)
    async with land.person("official", username="council1") as http:
        assert await reached(http, case)
        async with land.bridge.database.writing() as session:
            assert await answers.decide(session, case, accepted=False, by="phone") == "objected"
        found = (await http.get(f"/cases/{case}")).json()
        assert (found["status"], found["owner_unit"]) == ("objected", "council")
        closed = await http.post(f"/cases/{case}/close", json={"reason": "other", "note": "met"})
        assert closed.status_code == 204, closed.text


async def test_supervisors_read_what_they_supervise_and_nothing_else_and_are_written_down(land: Any) -> None:
    here, there = await opened(land, kind="request"), await opened(land, kind="request", province="01")
    mine, unheard = await opened(land, kind="request"), await opened(land, kind="complaint")
    async with land.bridge.database.writing() as session:
        await referrals.refer(session, UUID(mine["record_id"]), to_unit=PERFORMANCE, actor="t")
        unheard_case = await session.get_one(Case, UUID(unheard["record_id"]))
        unheard_case.owner_unit = "centre"
    await official(land, "s1", PERFORMANCE)
    await official(land, "s2", "centre")
    path = f"/cases/{here['record_id']}"
    async with land.person("official", username="s1") as http:
        assert await ids(http) == {here["record_id"], mine["record_id"]}
        assert (await http.get(path)).status_code == 200
        for step, body in (("take", {}), ("refer", {"to_unit": GOVERNOR}), ("answers", {"text": "x"})):
            refused = await http.post(f"{path}/{step}", json=body)
            assert refused.json()["type"].endswith("not_yours"), step
        assert (await http.post(f"{path}/reveal")).status_code == 403
        assert (await http.get(f"/cases/{there['record_id']}")).status_code == 404
        assert (await http.get(f"/cases/{unheard['record_id']}")).status_code == 404
        assert (await http.get(f"/cases/{mine['record_id']}")).status_code == 200
        assert (await http.get("/centre/overview")).json()["total"]["open"] == 2
    async with land.person("official", username="s2") as http:
        everywhere = {one["record_id"] for one in (here, there, mine, unheard)}
        assert await ids(http) == everywhere
        assert (await http.get("/centre/overview")).json()["total"]["open"] == 4
    async with land.bridge.database.reading() as session:
        looks = select(AuditLine.actor, AuditLine.subject_id).where(AuditLine.action == "case_supervised")
        assert [tuple(row) for row in await session.execute(looks)] == [("person:s1", here["record_id"])]


@pytest.mark.parametrize(
    ("unit", "complained"),
    [(PERFORMANCE, GOVERNOR), (PERFORMANCE, PERFORMANCE), (GOVERNOR, GOVERNOR), (GOVERNOR, "centre")],
)
async def test_no_supervisor_comes_to_a_complaint_about_themselves_or_those_above(
    land: Any, unit: str, complained: str
) -> None:
    case, other = await about(land, complained), await about(land, DESK)
    await official(land, "s3", unit)
    async with land.person("official", username="s3") as http:
        assert (await http.get("/centre/overview")).json()["total"]["open"] == 1
        assert not await reached(http, case)
        assert await reached(http, other)


async def test_10_3_an_official_who_is_named_comes_to_it_by_no_unit_and_by_nobody_they_ask(land: Any) -> None:
    """The deputy of a minister, who works in the province's performance office besides."""
    ministry = "agency/energy_ministry/head"
    await official(land, "named", ministry, as_="deputy")
    await official(land, "named", PERFORMANCE, as_="staff")
    await official(land, "minister", ministry)
    await official(land, "friend")
    case = UUID((await opened(land, kind="complaint"))["record_id"])
    async with land.person("agent") as http:
        for wrong in ("nobody", "agent1"):
            refused = await http.patch(f"/cases/{case}", json={"complained_official": wrong})
            assert refused.json()["errors"][0]["field"] == "complained_official"
        said = {"complained_official": "named", "forward": True}
        sent = await http.patch(f"/cases/{case}", json=said)
        assert sent.json()["owner_unit"] == ministry, sent.text
    loan = {
        "to_username": "friend", "unit_code": ministry, "from_at": to_text(now()),
        "until_at": to_text(now() + timedelta(days=1)), "actions": ["answer"], "kinds": [],
    }  # fmt: skip
    async with land.person("official", username="named") as http:
        assert not await reached(http, case)
        assert (await http.post("/delegations", json=loan)).status_code == 201
    async with land.person("official", username="friend") as http:
        assert not await reached(http, case)
    async with land.person("official", username="minister") as http:
        refused = await http.patch(f"/cases/{case}", json={"complained_official": None})
        assert refused.status_code == 403, "once it was said, the Centre alone changes it"
        assert await reached(http, case)
