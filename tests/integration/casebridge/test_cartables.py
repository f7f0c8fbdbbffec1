"""Worklists, many cases at once, delegations, spoken answers, the Centre's overview."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from casebridge.country.models import MembershipRow
from casebridge.people.models import Account
from line111.clock import now, to_text
from tests.integration.casebridge.test_within_sight import DESK, GOVERNOR, land, official, opened

__all__ = ["land"]


async def test_each_list_holds_what_it_says_and_its_number(land: Any) -> None:
    first, second = await opened(land), await opened(land)
    await opened(land, province="01")
    await official(land, "w1", DESK)
    async with land.person("official", username="w1") as http:
        await http.post(f"/cases/{first['record_id']}/take", json={})
        counts = (await http.get("/cartable/counts")).json()
        assert (counts["new"], counts["in_hand"], counts["answered"]) == (1, 1, 0)
        rows = (await http.get("/cartable?tab=in_hand")).json()["items"]
        assert [row["case"]["id"] for row in rows] == [first["record_id"]]
        one = (await http.get("/cartable?tab=new&limit=1")).json()
        assert [row["case"]["id"] for row in one["items"]] == [second["record_id"]]
        assert one["next_cursor"] is None


async def test_one_refusal_in_bulk_holds_up_none_of_the_others(land: Any) -> None:
    mine, other = await opened(land), await opened(land, province="01")
    await official(land, "w2", DESK)
    async with land.person("official", username="w2") as http:
        body = {"case_ids": [mine["record_id"], other["record_id"]], "act": "take"}
        results = (await http.post("/cartable/bulk", json=body)).json()
        assert [result["problem"] for result in results] == [None, "not_found"]
        again = (await http.post("/cartable/bulk", json=body)).json()
        assert again[0]["problem"] == "status_step"
        assert again[0]["detail"]


async def test_a_delegation_reaches_no_further_than_it_says_and_ends_when_revoked(land: Any) -> None:
    intake = await opened(land, kind="request")
    await official(land, "w3", DESK)
    await official(land, "w4")
    form = {
        "to_username": "w4", "unit_code": DESK, "actions": ["take"],
        "from_at": to_text(now() - timedelta(hours=1)), "until_at": to_text(now() + timedelta(days=1)),
    }  # fmt: skip
    path = f"/cases/{intake['record_id']}"
    async with land.person("official", username="w3") as giver:
        assert (await giver.post("/delegations", json=form | {"unit_code": GOVERNOR})).status_code == 403
        assert (await giver.post("/delegations", json=form | {"to_username": "w3"})).status_code == 422
        given = (await giver.post("/delegations", json=form)).json()["id"]
        async with land.person("official", username="w4") as taker:
            assert (await taker.post(f"{path}/take", json={})).status_code == 200
            assert (await taker.post(f"{path}/answers", json={"text": "x"})).status_code == 409
            assert (await taker.delete(f"/delegations/{given}")).status_code == 404
            assert (await giver.delete(f"/delegations/{given}")).status_code == 204
            assert (await taker.get(path)).status_code == 404


@pytest.mark.parametrize("end", ["office", "account"])
async def test_a_delegation_ends_with_the_office_of_who_gave_it(land: Any, end: str) -> None:
    intake = await opened(land)
    await official(land, "w8", DESK)
    await official(land, "w9")
    form = {
        "to_username": "w9", "unit_code": DESK, "actions": ["take"],
        "from_at": to_text(now() - timedelta(hours=1)), "until_at": to_text(now() + timedelta(days=1)),
    }  # fmt: skip
    path = f"/cases/{intake['record_id']}"
    async with land.person("official", username="w8") as giver:
        assert (await giver.post("/delegations", json=form)).status_code == 201
    async with land.person("official", username="w9") as taker:
        assert (await taker.get(path)).status_code == 200
        async with land.bridge.database.writing() as session:
            account = await session.scalar(select(Account).where(Account.username == "w8"))
            if end == "office":
                await session.execute(delete(MembershipRow).where(MembershipRow.account_id == account.id))
            else:
                account.disabled_at = now()
        assert (await taker.get(path)).status_code == 404
        assert (await taker.post(f"{path}/take", json={})).status_code == 404


async def test_an_answer_may_be_spoken(land: Any) -> None:
    intake = await opened(land)
    await official(land, "w5", DESK)
    path = f"/cases/{intake['record_id']}"
    sound = bytes(range(256)) * 40
    async with land.person("official", username="w5") as http:
        kept = await http.post(f"{path}/voice", content=sound, headers={"Content-Type": "audio/x-alaw-basic"})
        recording = kept.json()["recording_id"]
        body = {"text": "Spoken.", "language": "en", "recording_id": recording}
        assert (await http.post(f"{path}/answers", json=body)).status_code == 200
        assert (await http.get(f"/recordings/{recording}/audio")).content == sound


async def test_a_referral_nobody_has_touched_is_taken_back_by_its_unit_alone(land: Any) -> None:
    intake = await opened(land)
    await official(land, "w6", DESK)
    await official(land, "w7", GOVERNOR)
    path = f"/cases/{intake['record_id']}"
    async with land.person("official", username="w6") as http:
        await http.post(f"{path}/refer", json={"to_unit": GOVERNOR})
        async with land.person("official", username="w7") as other:
            assert (await other.post(f"{path}/withdraw")).status_code == 409
        assert (await http.post(f"{path}/withdraw")).status_code == 204
        assert (await http.get(f"{path}/way")).json()["owner_unit"] == DESK


async def test_what_the_centre_has_sent_on_is_taken_back_by_the_centre_alone(land: Any) -> None:
    await official(land, "w10", DESK)
    await official(land, "w11", "centre")
    with_desk, with_centre = [(await opened(land, province=code))["record_id"] for code in ("23", None)]
    async with (
        land.person("official", username="w10") as desk,
        land.person("official", username="w11") as centre,
        land.person("agent") as line,
    ):
        for case, back, owner in ((with_desk, line, DESK), (with_centre, centre, "centre")):
            sent = await line.post(f"/cases/{case}/refer", json={"to_unit": GOVERNOR})
            assert sent.json()["owner_unit"] == GOVERNOR
            if owner == DESK:  # it had the case, and did not send it
                assert "withdraw" not in (await desk.get(f"/cases/{case}/way")).json()["may"]
                assert (await desk.post(f"/cases/{case}/withdraw")).status_code == 409
            assert "withdraw" in (await back.get(f"/cases/{case}/way")).json()["may"]
            assert (await back.post(f"/cases/{case}/withdraw")).status_code == 204
            assert (await back.get(f"/cases/{case}/way")).json()["owner_unit"] == owner


async def test_the_centre_counts_the_country_and_officials_do_not(land: Any) -> None:
    await opened(land)
    await opened(land, province="01")
    async with land.person("supervisor") as http:
        found = (await http.get("/centre/overview")).json()
        assert found["total"]["open"] == sum(one["open"] for one in found["by_province"]) >= 2
        assert {"01", "23"} <= {one["code"] for one in found["by_province"]}
    async with land.person("official") as http:
        assert (await http.get("/centre/overview")).status_code == 403
