"""Lists, changes, and what a caller hears who asks again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from line111.clock import now, to_text


async def test_pages_stay_whole_while_cases_come_in(api: Any) -> None:
    codes = await api.codes(40)
    begin = now() - timedelta(hours=1)
    moments = [to_text(begin + timedelta(seconds=i // 3)) for i in range(25)]  # several in one moment
    old = [api.citizen.intake(code, created_at=at) for code, at in zip(codes, moments, strict=False)]
    async with api.client() as client, api.client("operator") as operator:
        await asyncio.gather(*(client.post_record(intake) for intake in old))
        seen: list[str] = []
        cursor: dict[str, str] = {}
        for code in codes[25:]:
            page = await operator.cases(limit="4", **cursor)
            seen += [str(item.id) for item in page.items]
            await client.post_record(api.citizen.intake(code))
            if page.next_cursor is None:
                break
            cursor = {"cursor": page.next_cursor}
    assert sorted(seen) == sorted(intake["record_id"] for intake in old)


async def test_a_cursor_that_was_tampered_with_is_named(api: Any) -> None:
    codes = await api.codes()
    async with api.client() as client, api.http("operator") as http:
        for code in codes[:3]:
            await client.post_record(api.citizen.intake(code))
        cursor = (await http.get("/cases?limit=1")).json()["next_cursor"]
        another = "B" if cursor[0] == "A" else "A"
        for wrong in (cursor[:-2], another + cursor[1:], "%00", "é", cursor[:20]):
            answer = await http.get("/cases", params={"cursor": wrong})
            assert answer.status_code == 422, wrong
            assert answer.json()["errors"][0]["field"] == "cursor"
        answer = await http.get("/recordings", params={"cursor": cursor})
        assert answer.status_code == 422


async def test_filters_show_what_they_say(api: Any) -> None:
    codes = await api.codes()
    kinds = ["complaint", "idea", "idea", "report"]
    async with api.client() as client, api.http("operator") as http:
        for code, kind in zip(codes, kinds, strict=False):
            await client.post_record(
                api.citizen.intake(code, kind=kind, province="10" if kind == "report" else None)
            )
        asked = {
            "kind=idea": 2,
            "province=10": 1,
            "kind=idea&province=10": 0,
            "status=registered": 4,
            "status=closed": 0,
            "channel=phone": 4,
            f"q={codes[0]}": 1,
            f"q={codes[0][:3]}-{codes[0][3:6]}-{codes[0][6:]}": 1,
            f"opened_from={to_text(now() + timedelta(hours=1))}": 0,
            f"opened_until={to_text(now() + timedelta(hours=1))}": 4,
            "quarantined=true": 0,
        }
        for query, count in asked.items():
            assert len((await http.get(f"/cases?{query}")).json()["items"]) == count, query


async def test_of_two_who_change_a_case_at_once_one_is_told_to_look_again(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0], kind="unclassified")
    async with api.client() as client:
        await client.post_record(intake)
    path = f"/cases/{intake['record_id']}"
    async with api.person("agent") as http:
        first = await http.patch(path, json={"kind": "request", "version": 1})
        second = await http.patch(path, json={"kind": "idea", "version": 1})
        assert first.json()["version"] == 2
        assert second.status_code == 409
        case = (await http.get(path)).json()
    assert case["kind"] == "request"
    assert case["history"][1]["detail"] == {"kind": {"from": "unclassified", "to": "request"}}


async def test_code_and_identifier_must_belong_together(api: Any) -> None:
    codes = await api.codes()
    intake = api.citizen.intake(codes[0], identifier="0084575948", callback={"wished": "asap"})
    async with api.client() as client, api.http("ivr") as http:
        await client.post_record(intake)
        found = await client.follow_up(codes[0], "national_id", "0084575948")
        assert found is not None
        assert (found.status, found.last_reply) == ("registered", None)
        assert found.callback is not None
        assert found.callback.state == "waiting"
        answers = []
        for code, identifier in ((codes[0], "0013542419"), (codes[1], "0084575948")):
            question = {"tracking_code": code, "identifier_kind": "national_id", "identifier": identifier}
            answers.append((await http.post("/follow-ups", json=question)).json())
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 404


async def test_a_code_can_not_be_tried_with_many_identifiers(api: Any, redis_server: Any) -> None:
    code = (await api.codes())[0]
    question = {"tracking_code": code, "identifier_kind": "national_id", "identifier": "0013542419"}
    async with api.http("ivr") as http:
        answers = [(await http.post("/follow-ups", json=question)).status_code for _ in range(12)]
        assert answers == [404] * 10 + [429] * 2
        redis_server.kill()
        other = question | {"tracking_code": (await api.codes())[1]}
        answers = [(await http.post("/follow-ups", json=other)).status_code for _ in range(12)]
    assert answers == [404] * 10 + [429] * 2
