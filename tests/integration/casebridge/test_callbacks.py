"""The callback line: nobody overtakes, nobody is rung by two, a lost Redis loses nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from casebridge.callbacks import index_keeping, service
from casebridge.callbacks.models import CallbackRow
from casebridge.client import BridgeRefused
from line111.clock import now, to_text

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
