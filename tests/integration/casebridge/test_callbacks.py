"""The callback line: nobody overtakes, nobody is rung by two, a lost Redis loses nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from casebridge.callbacks import index_keeping, service
from casebridge.callbacks.models import CallbackRow
from casebridge.client import BridgeRefused
from casebridge.deadlines.schemas import DayChange
from casebridge.deadlines.service import set_day
from line111.clock import now, to_text
from persian.calendar import TEHRAN

ROUTING = "call_routing"


async def waiting(api: Any, count: int, **changes: Any) -> list[str]:
    """Callers who wait for a callback, oldest first; returns their intakes' ids."""
    codes = await api.codes(count)
    begin = now() - timedelta(minutes=count)
    intakes = [
        api.citizen.intake(
            code,
            created_at=to_text(begin + timedelta(minutes=index)),
            callback={"wished": "asap"},
            **changes,
        )
        for index, code in enumerate(codes)
    ]
    async with api.client() as client:
        for intake in reversed(intakes):  # the order of delivery is not the order of arrival
            await client.post_record(intake)
    await api.told()
    return [intake["record_id"] for intake in intakes]


async def claim_all(api: Any, agent: str = "a1") -> list[str]:
    """Claims until nobody waits; returns the cases in the order they were served."""
    served = []
    async with api.client(ROUTING) as client:
        while (taken := await client.claim_callback(agent)) is not None:
            served.append(str(taken.case_id))
    return served


async def test_callbacks_are_served_by_original_arrival(api: Any) -> None:
    ids = await waiting(api, 6)
    async with api.client(ROUTING) as client:
        page = await client.waiting_callbacks()
    assert [str(item.case_id) for item in page.items] == ids
    assert page.total == 6
    assert await claim_all(api) == ids


async def test_a_callback_never_goes_to_two_agents(api: Any) -> None:
    ids = await waiting(api, 20)

    async def agent(name: str) -> list[str]:
        return await claim_all(api, name)

    served = await asyncio.gather(*(agent(f"a{i}") for i in range(8)))
    flat = [case for part in served for case in part]
    assert sorted(flat) == sorted(ids)


async def test_two_clicks_at_the_same_moment_take_one_caller(api: Any) -> None:
    ids = await waiting(api, 3)
    async with api.person("agent") as http:
        clicks = [http.post("/callbacks/claim", json={"agent": "x"}) for _ in range(2)]
        taken = [answer.json() for answer in await asyncio.gather(*clicks)]
    assert {each["case_id"] for each in taken} == {ids[0]}
    assert len(await claim_all(api)) >= 1, "the others still wait"


async def test_only_who_has_claimed_it_gets_the_number(api: Any) -> None:
    await waiting(api, 1)
    async with api.client(ROUTING) as client:
        assert (await client.waiting_callbacks()).items[0].contact_number is None
        taken = await client.claim_callback("a1")
    assert taken is not None
    assert taken.contact_number == "+989121234567"


async def test_a_wished_time_is_waited_for(api: Any) -> None:
    early, late = await waiting(api, 2)
    async with api.bridge.database.writing() as session:
        later = now() + timedelta(seconds=5)
        change = update(CallbackRow).where(CallbackRow.case_id == UUID(early))
        await session.execute(change.values(due_at=later))
    await index_keeping.rebuild_index(api.bridge.database, api.bridge.line)
    assert await claim_all(api) == [late]
    await asyncio.sleep((later - now()).total_seconds() + 0.1)
    assert await claim_all(api) == [early]


async def test_a_released_callback_has_its_old_place(api: Any) -> None:
    ids = await waiting(api, 3)
    async with api.client(ROUTING) as client:
        first = await client.claim_callback("a1")
        assert first is not None
        await client.release_callback(first.id, "a1")
        await api.told()
    assert await claim_all(api) == ids


async def test_an_agent_who_vanished_does_not_keep_the_caller_waiting(api: Any) -> None:
    ids = await waiting(api, 2)
    await service.claim(
        api.bridge.database, api.bridge.line, api.bridge.keys, "gone", lease=timedelta(seconds=-1)
    )
    assert await service.release_ended_leases(api.bridge.database) == 1
    await api.told()
    assert await claim_all(api) == ids


async def test_outcomes_end_the_callback_or_bring_it_back(api: Any) -> None:
    await waiting(api, 4)
    async with api.client(ROUTING) as client:
        taken = [await client.claim_callback("a1") for _ in range(4)]
        done = await client.finish_callback(taken[0].id, "reached")
        again = await client.finish_callback(taken[1].id, "no_answer")
        agreed = to_text(now() + timedelta(hours=2))
        later = await client.finish_callback(taken[2].id, "later", agreed)
        assert (done.state, again.state, later.state) == ("done", "waiting", "waiting")
        assert again.attempts == 1
        assert again.due_at > now() + timedelta(minutes=25)
        assert to_text(later.due_at) == agreed
        wrong = [
            (409, client.finish_callback(done.id, "reached")),
            (422, client.finish_callback(taken[3].id, "later")),
            (409, client.release_callback(taken[3].id, "somebody")),
        ]
        for status, attempt in wrong:
            with pytest.raises(BridgeRefused) as refused:
                await attempt
            assert refused.value.status == status


async def test_a_matter_has_one_open_callback(api: Any) -> None:
    (case_id,) = await waiting(api, 1)
    async with api.person("agent") as http:
        answer = await http.post("/callbacks", json={"case_id": case_id})
        assert answer.status_code == 409
        taken = (await http.post("/callbacks/claim", json={"agent": "x"})).json()
        assert taken["claimed_by"] == "agent1"
        await http.post(f"/callbacks/{taken['id']}/finish", json={"outcome": "reached"})
        answer = await http.post("/callbacks", json={"case_id": case_id, "queue": "guidance"})
        assert answer.status_code == 201
        await api.told()
        assert (
            await http.post("/callbacks/claim", json={"agent": "x", "queues": ["other"]})
        ).status_code == 204
        taken = await http.post("/callbacks/claim", json={"agent": "x", "queues": ["guidance", "other"]})
        assert taken.status_code == 200


CITIZEN = "0084575948"


async def ask_for_a_call(api: Any, code: str, wished: str = "tomorrow", **changes: Any) -> Any:
    """One citizen presses 5 and no more: (intake, receipt)."""
    changes = {"identifier": CITIZEN, "callback": {"wished": wished}, **changes}
    intake = api.citizen.intake(code, **changes)
    async with api.client() as client:
        return intake, await client.post_record(intake)


async def open_rows(api: Any) -> list[CallbackRow]:
    """Callbacks that are not finished."""
    async with api.bridge.database.reading() as session:
        return list(await session.scalars(select(CallbackRow).where(CallbackRow.state != "done")))


async def followed(api: Any, code: str) -> str | None:
    """What the citizen hears of their callback, by a code."""
    async with api.client() as client:
        found = await client.follow_up(code, "national_id", CITIZEN)
    return found.callback.state if found and found.callback else None


async def test_one_who_presses_5_twice_waits_once_with_the_first_place_and_the_newest_wish(api: Any) -> None:
    codes = await api.codes(2)
    begin = now() - timedelta(minutes=10)
    first, told = await ask_for_a_call(api, codes[0], created_at=to_text(begin))
    number = api.citizen.seal(
        identifier_kind="national_id", identifier=CITIZEN, contact_number="+989351112233", caller_number=None
    )
    second, again = await ask_for_a_call(api, codes[1], "asap", sealed=number)
    assert (told.callback_joined, again.callback_joined) == (False, True)
    assert told.callback_id == again.callback_id
    async with api.client() as client:
        assert await client.post_record(second) == again, "the same record gets the same receipt"
    (row,) = await open_rows(api)
    assert to_text(row.arrived_at) == to_text(begin)
    assert (row.wished, row.due_at) == ("asap", row.wished_at)
    assert [await followed(api, code) for code in codes] == ["waiting", "waiting"]
    await api.told()
    async with api.client(ROUTING) as client:
        taken = await client.claim_callback("a1")
        assert taken is not None
        assert taken.contact_number == "+989351112233"
        assert await client.claim_callback("a2") is None
    async with api.person("agent") as http:
        for each, other in ((first, second), (second, first)):
            history = (await http.get(f"/cases/{each['record_id']}")).json()["history"]
            joined = [line["detail"] for line in history if line["action"] == "callback_joined"]
            assert joined == [{"other": other["record_id"]}]


async def test_a_wish_delivered_late_does_not_put_back_a_newer_one(api: Any) -> None:
    codes = await api.codes(2)
    begin = now() - timedelta(minutes=10)
    newer, _ = await ask_for_a_call(api, codes[1], "asap", created_at=to_text(begin + timedelta(minutes=5)))
    await ask_for_a_call(api, codes[0], "tomorrow", created_at=to_text(begin))
    (row,) = await open_rows(api)
    assert (str(row.case_id), row.wished) == (newer["record_id"], "asap")
    assert to_text(row.arrived_at) == to_text(begin)


async def test_calls_of_one_citizen_that_come_in_at_once_make_one_callback(api: Any) -> None:
    codes = await api.codes(12)
    receipts = await asyncio.gather(*(ask_for_a_call(api, code) for code in codes))
    assert len(await open_rows(api)) == 1
    assert len({receipt.callback_id for _, receipt in receipts}) == 1
    assert [receipt.callback_joined for _, receipt in receipts].count(False) == 1
    async with api.person("agent") as http:
        assert len((await http.get("/cases")).json()["items"]) == 12, "each code told is a case"


async def test_two_bridges_that_take_in_one_citizen_at_once_make_one_callback(
    bridge_settings: Any, run_bridge: Any
) -> None:
    async with run_bridge(bridge_settings) as one, run_bridge(bridge_settings) as other:
        codes = await one.codes(8)
        pairs = zip((one, other) * 4, codes, strict=True)
        await asyncio.gather(*(ask_for_a_call(api, code) for api, code in pairs))
        assert len(await open_rows(one)) == 1


async def test_one_whose_callback_is_done_may_ask_for_another(api: Any) -> None:
    codes = await api.codes(2)
    _, told = await ask_for_a_call(api, codes[0], "asap")
    async with api.client(ROUTING) as client:
        await api.told()
        await client.claim_callback("a1")
        await client.finish_callback(told.callback_id, "reached")
    _, again = await ask_for_a_call(api, codes[1])
    assert again.callback_id != told.callback_id
    assert not again.callback_joined


async def test_a_callback_for_a_message_is_a_matter_of_its_own(api: Any) -> None:
    codes = await api.codes(3)
    await ask_for_a_call(api, codes[0])
    for code in codes[1:]:
        sound = api.citizen.intake(code, audio=b"1" * 800, identifier=CITIZEN)["recording"]
        await ask_for_a_call(api, code, recording=sound)
    assert len(await open_rows(api)) == 3


async def test_nodes_hear_when_callbacks_are_made(api: Any) -> None:
    async with api.bridge.database.writing() as session:
        snow = now().astimezone(TEHRAN).date() + timedelta(days=9)
        await set_day(session, snow, DayChange(name_fa="برف", name_en="Snow"), "person:op")
    async with api.client() as client:
        times = await client.office_times()
    assert snow in times.days_off
    assert times.first < now().astimezone(TEHRAN).date() < times.last
    async with api.http("transcription") as http:
        assert (await http.get("/callbacks/office")).status_code == 403


async def test_a_redis_that_lost_everything_is_filled_from_the_database(api: Any, redis_server: Any) -> None:
    ids = await waiting(api, 5)
    redis_server.client().flushall()
    assert await claim_all(api) == ids


async def test_callers_are_served_while_redis_is_down_and_after(api: Any, redis_server: Any) -> None:
    ids = await waiting(api, 4)
    redis_server.kill()
    async with api.client(ROUTING) as client:
        taken = [await client.claim_callback("a1") for _ in range(2)]
    assert [str(item.case_id) for item in taken if item] == ids[:2]
    more = (await api.codes())[0]
    async with api.client() as client:
        await client.post_record(api.citizen.intake(more, callback={"wished": "asap"}))
    redis_server.start()
    await asyncio.sleep(0.1)
    assert len(await claim_all(api)) == 3


async def test_an_index_from_an_old_snapshot_is_noticed(api: Any, redis_server: Any) -> None:
    await waiting(api, 2)
    await index_keeping.keep_index_whole(api.bridge.database, api.bridge.line)
    client = redis_server.client()
    client.set("line111:callbacks:epoch", "another process")
    client.delete("line111:callbacks:line:general")
    await index_keeping.keep_index_whole(api.bridge.database, api.bridge.line)
    assert client.zcard("line111:callbacks:line:general") == 2
