"""What has happened is told, whoever is away for a while."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from dramatiq import Message

from casebridge.events.stream import MOST_OF_ONE, EventStream


def told(redis_server: Any) -> list[tuple[str, dict[str, Any]]]:
    """Types and payloads in the stream."""
    entries = redis_server.client().xrange("line111:events")
    return [(fields["type"], json.loads(fields["data"])) for _, fields in entries]


async def test_nothing_is_lost_while_redis_is_down(api: Any, redis_server: Any) -> None:
    codes = await api.codes()
    redis_server.kill()
    intakes = [api.citizen.intake(code, callback={"wished": "asap"}) for code in codes[:5]]
    async with api.client() as client:
        for intake in intakes:
            assert (await client.post_record(intake)).tracking_code
    await asyncio.sleep(0.3)
    redis_server.start()
    await api.told()
    registered = [data["case_id"] for kind, data in told(redis_server) if kind == "case.registered"]
    assert sorted(set(registered)) == sorted(intake["record_id"] for intake in intakes)


async def test_a_held_recording_becomes_a_job_for_the_workers(
    api: Any, redis_server: Any, tmp_path: Path
) -> None:
    audio = api.citizen.sound(1)
    intake = api.citizen.intake((await api.codes())[0], audio=audio)
    (tmp_path / "m").write_bytes(audio)
    async with api.client() as client:
        await client.post_record(intake)
        recording = intake["recording"]
        await client.put_audio(recording["recording_id"], tmp_path / "m", recording["sha256"])
    await api.told()
    client = redis_server.client()
    assert client.llen("dramatiq:transcription") == 1
    (raw,) = client.hvals("dramatiq:transcription.msgs")
    message: Message[Any] = Message.decode(raw.encode())
    assert (message.queue_name, message.actor_name) == ("transcription", "transcribe")
    assert message.args == (recording["recording_id"],)


async def test_a_listener_who_comes_back_has_missed_nothing(api: Any) -> None:
    codes = await api.codes()
    stream: EventStream = api.bridge.stream
    async with api.client() as client:
        await client.post_record(api.citizen.intake(codes[0]))
        await api.told()
        first = await anext(aiter(stream.listen("person:one", "0-0")))
        await client.post_record(api.citizen.intake(codes[1]))
        await api.told()
        again = stream.listen("person:one", first.id)
        second = await anext(again)
        await client.post_record(api.citizen.intake(codes[2]))
        third = await asyncio.wait_for(anext(again), 10)
    assert first.place < second.place < third.place
    assert len({event.event_id for event in (first, second, third)}) == 3


async def test_nobody_takes_the_places_of_others_and_who_opens_too_many_streams_loses_the_oldest(
    api: Any,
) -> None:
    codes = await api.codes()
    stream: EventStream = api.bridge.stream
    async with api.client() as client:
        await client.post_record(api.citizen.intake(codes[0]))
        await api.told()
        other = stream.listen("person:two", "0-0")
        own = [stream.listen("person:one", "0-0") for _ in range(MOST_OF_ONE + 1)]
        seen = [await anext(one) for one in (other, *own)][-1]
        assert stream.listeners == MOST_OF_ONE + 1
        await client.post_record(api.citizen.intake(codes[1]))
        await api.told()
        left = [event async for event in own[0]]
        assert not [event for event in left if event.place > seen.place and event.type == "case.registered"]
        for one in (other, *own[1:]):
            assert (await asyncio.wait_for(anext(one), 10)).place > seen.place
        back = stream.listen("person:one", seen.id)
        assert (await asyncio.wait_for(anext(back), 10)).place > seen.place


async def test_events_hold_nothing_that_identifies_a_person(api: Any, redis_server: Any) -> None:
    code = (await api.codes())[0]
    async with api.client() as client:
        await client.post_record(
            api.citizen.intake(code, identifier="0084575948", callback={"wished": "asap"})
        )
    await api.told()
    everything = json.dumps(told(redis_server))
    for secret in (code, "0084575948", "9121234567"):
        assert secret not in everything


def test_events_arrive_at_a_browser_with_ids(bridge: Any, signed_in: Any, citizen: Any, codes: Any) -> None:
    http = signed_in("supervisor")
    with http.stream("GET", "/api/v1/events", params={"after": "0-0"}, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        bridge.http("ivr").post("/api/v1/intakes", json=citizen.intake(codes[0]))
        lines = []
        for line in answer.iter_lines():
            lines.append(line)
            if line.startswith("data: "):
                break
    assert any(line.startswith("id: ") for line in lines)
    assert "event: case.registered" in lines
    wrong = http.get("/api/v1/events", headers={"Last-Event-ID": "x'; DROP"})
    assert wrong.status_code == 422
    assert httpx.get(f"{bridge.url}/api/v1/events", trust_env=False).status_code == 401


async def test_an_orderly_stop_alarms_nobody(
    on_sqlite: Callable[..., Any], run_bridge: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    async with run_bridge(on_sqlite()) as api:
        stream: EventStream = api.bridge.stream
        code = (await api.codes())[0]
        heard = stream.listen("person:one", "0-0")
        waiting = asyncio.ensure_future(anext(heard))
        async with api.client() as client:
            await client.post_record(api.citizen.intake(code))
        await asyncio.wait_for(waiting, 30)
        capfd.readouterr()
    assert "waits" not in "".join(capfd.readouterr())
