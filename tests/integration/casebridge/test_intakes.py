"""What a call left behind becomes one case, however often and in whatever order it is handed in."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import func, select
from uuid6 import uuid7

from casebridge.applicants.models import Applicant
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case
from casebridge.client import BridgeRefused, NotYet


async def count(api: Any, table: Any) -> int:
    """Rows of a table."""
    async with api.bridge.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)))


async def test_the_same_intake_handed_in_three_times_is_one_case(api: Any) -> None:
    code = (await api.codes())[0]
    intake = api.citizen.intake(code, audio=api.citizen.sound(), callback={"wished": "asap"})
    async with api.client() as client, api.client("operator") as operator:
        receipts = [await client.post_record(intake) for _ in range(3)]
        assert receipts[0] == receipts[1] == receipts[2]
        assert receipts[0].tracking_code == code
        assert receipts[0].audio == "wanted"
        page = await operator.cases(tracking_code=code)
    assert [str(item.id) for item in page.items] == [intake["record_id"]]
    assert page.items[0].callback_state == "waiting"
    assert await count(api, CallbackRow) == 1


async def test_duplicates_at_the_same_moment_are_one_case(api: Any) -> None:
    codes = await api.codes()
    intakes = [api.citizen.intake(code) for code in codes[:8]]
    async with api.client() as client:
        receipts = await asyncio.gather(*(client.post_record(r) for r in intakes * 6))
    assert {str(receipt.case_id) for receipt in receipts} == {r["record_id"] for r in intakes}
    assert await count(api, Case) == 8


async def test_first_delivery_is_created_and_the_second_is_not(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0])
    async with api.http("ivr") as http:
        answers = [await http.post("/intakes", json=intake) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]


async def test_an_id_used_for_something_else_is_refused(api: Any) -> None:
    code = (await api.codes())[0]
    intake = api.citizen.intake(code)
    async with api.client() as client:
        await client.post_record(intake)
        with pytest.raises(BridgeRefused) as refused:
            await client.post_record(intake | {"kind": "idea"})
    assert refused.value.status == 409
    assert await count(api, Case) == 1


async def test_one_citizen_with_two_matters_is_one_applicant(api: Any) -> None:
    codes = await api.codes()
    async with api.client() as client:
        for code in codes[:2]:
            await client.post_record(api.citizen.intake(code, identifier="0084575948"))
        await asyncio.gather(
            *(client.post_record(api.citizen.intake(c, identifier="0013542419")) for c in codes[2:6])
        )
    assert await count(api, Case) == 6
    assert await count(api, Applicant) == 2


@pytest.mark.parametrize(
    ("reason", "code"),
    [("not_a_code", "1234567891"), ("never_leased", None), ("other_node", None), ("taken", None)],
)
async def test_a_case_whose_code_is_not_its_own_is_kept_and_found(
    api: Any, reason: str, code: str | None
) -> None:
    own = await api.codes()
    if reason == "never_leased":
        code = api.bridge.codes.code(999_999_999)
    elif reason == "other_node":
        code = (await api.codes(node="n2"))[0]
    elif reason == "taken":
        code = own[0]
        async with api.client() as client:
            await client.post_record(api.citizen.intake(code))
    elif code and api.bridge.codes.number(code) is not None:
        code = code[:-1] + str((int(code[-1]) + 1) % 10)
    intake = api.citizen.intake(code or "", identifier="0084575948")
    async with api.client() as client, api.client("operator") as operator:
        receipt = await client.post_record(intake)
        assert receipt.tracking_code is None
        assert (await client.post_record(intake)) == receipt
        detail = await operator.case(receipt.case_id)
        assert detail.quarantine == reason
        found = await client.follow_up(str(code), "national_id", "0084575948")
    assert found is not None
    assert found.kind == "request"


async def test_a_wish_waits_for_its_intake_and_is_one_callback_then(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0])
    wish = api.citizen.wish(intake, "tomorrow")
    async with api.client() as client:
        with pytest.raises(NotYet):
            await client.post_record(wish)
        await client.post_record(intake)
        first = await client.post_record(wish)
        again = await client.post_record(wish)
        other = await client.post_record(api.citizen.wish(intake, "asap"))
    assert first == again
    assert other.callback_id == first.callback_id
    assert await count(api, CallbackRow) == 1


async def test_a_call_report_may_come_before_its_intake(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0])
    report = api.citizen.report(intake)
    async with api.client() as client, api.http("operator") as operator:
        receipt = await client.post_record(report)
        assert (await client.post_record(report)) == receipt
        await client.post_record(intake)
        calls = (await operator.get("/calls", params={"intake_id": intake["record_id"]})).json()
    assert [call["call_id"] for call in calls["items"]] == [intake["call_id"]]
    assert calls["items"][0]["journal"][0]["pressed"] == "••••••••••"


async def test_there_is_no_case_without_a_valid_identifier(api: Any) -> None:
    """Article 5-3."""
    code = (await api.codes())[0]
    wrong = {
        "garbage": {"sealed": "Z2FyYmFnZQ=="},
        "check digit": {"identifier": "0084575949"},
        "empty": {"identifier": ""},
        "kind": {"sealed": api.citizen.seal(identifier_kind="shoe_size", identifier="43")},
        "missing": {"sealed": api.citizen.seal(nothing=1)},
    }
    async with api.http("ivr") as http:
        for change in wrong.values():
            answer = await http.post("/intakes", json=api.citizen.intake(code, **change))
            assert answer.status_code == 422, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["errors"][0]["field"].startswith("sealed")
    assert await count(api, Case) == 0


async def test_bad_input_is_answered_by_the_name_of_its_field(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0], audio=b"x")
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("kind", {"kind": "shout"}),
        ("province", {"province": "232"}),
        ("created_at", {"created_at": "2026-11-24T07:00:00"}),
        ("created_at", {"created_at": "0001-01-01T00:00:00Z"}),
        ("created_at", {"created_at": 10**40}),
        ("record_id", {"record_id": "x"}),
        ("node", {"node": "n1\u0000"}),
        ("call_id", {"call_id": "\ud800"}),
        ("tracking_code", {"tracking_code": "۱۲۳۴۵۶۷۸۹۰"}),
        ("shoe_size", {"shoe_size": 43}),
        ("recording.bytes", {"recording": intake["recording"] | {"bytes": 10**30}}),
        ("format", {"format": 2}),
    ]
    async with api.http("ivr") as http:
        for field, change in wrong:
            headers = {"Accept-Language": "fa", "Content-Type": "application/json"}
            answer = await http.post("/intakes", content=json.dumps(intake | change), headers=headers)
            assert answer.status_code == 422, (field, answer.text)
            assert any(error["field"].endswith(field) for error in answer.json()["errors"]), answer.text
            assert answer.headers["content-language"] == "fa"


async def test_what_is_no_json_is_a_clear_refusal(api: Any) -> None:
    bodies = [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b"[]", b'{"type": NaN}', b"1" * 5000]
    async with api.http("ivr") as http:
        for body in bodies:
            answer = await http.post("/intakes", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in {400, 422}, (body[:20], answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
        answer = await http.post("/intakes", content=b" " * 2_000_000)
        assert answer.status_code == 413


async def test_a_recording_id_belongs_to_one_intake(api: Any) -> None:
    codes = await api.codes()
    first = api.citizen.intake(codes[0], audio=b"abc")
    second = api.citizen.intake(codes[1], audio=b"abc") | {"recording": first["recording"]}
    async with api.client() as client:
        await client.post_record(first)
        with pytest.raises(BridgeRefused) as refused:
            await client.post_record(second)
    assert refused.value.status == 409
    assert refused.value.problem["errors"][0]["field"] == "recording.recording_id"


async def test_a_bad_record_among_good_ones_costs_only_itself(api: Any) -> None:
    codes = await api.codes()
    good = [api.citizen.intake(code) for code in codes[:6]]
    wish = api.citizen.wish({"record_id": str(uuid7()), "call_id": "1.1"})
    async with api.client() as client:
        answers = await asyncio.gather(
            *(client.post_record(r) for r in [*good[:3], wish, *good[3:]]), return_exceptions=True
        )
    assert sum(isinstance(answer, NotYet) for answer in answers) == 1
    assert await count(api, Case) == 6
