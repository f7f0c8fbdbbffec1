"""A bridge that is killed keeps its word: what it accepted is there, once and whole."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text

from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case, HistoryLine
from casebridge.client import BridgeUnavailable
from casebridge.database import Database
from casebridge.intakes.models import AcceptedRecord
from casebridge.recordings.models import RecordingRow
from line111.settings import Settings
from tests.waiting import wait_for

pytestmark = pytest.mark.chaos


async def test_every_accepted_intake_survives_a_killed_bridge(
    database_url: str,
    make_home: Callable[..., Settings],
    start_bridge: Callable[..., Any],
    citizen_of: Callable[[Settings], Any],
) -> None:
    settings = make_home(database_url=database_url)
    bridge = await asyncio.to_thread(start_bridge, settings)
    citizen = citizen_of(settings)
    async with bridge.client() as client:
        codes = await client.lease_codes("n1", "ivr", 120)
        intakes = [
            citizen.intake(code, audio=citizen.sound(0.1), callback={"wished": "asap"}) for code in codes
        ]
        accepted: set[str] = set()

        async def hand_in(intake: dict[str, Any]) -> None:
            with contextlib.suppress(BridgeUnavailable):
                await client.post_record(intake)
                accepted.add(intake["record_id"])
                if len(accepted) == 15:
                    enough.set()

        enough = asyncio.Event()
        work = [asyncio.create_task(hand_in(intake)) for intake in intakes]
        await enough.wait()
        bridge.kill()
        await asyncio.gather(*work)
    assert 15 <= len(accepted) < len(intakes), "the kill came too late to prove anything"
    before = await _what_is_there(database_url)
    assert accepted <= before
    await asyncio.to_thread(bridge.start)
    async with bridge.client() as client:
        await asyncio.gather(*(client.post_record(intake) for intake in intakes))
    assert await _what_is_there(database_url) == {intake["record_id"] for intake in intakes}


async def _what_is_there(url: str) -> set[str]:
    """Cases in the database; each must have all its rows, once."""
    database = Database(url)
    async with database.reading() as session:
        cases = {str(key) for key in await session.scalars(select(Case.id))}
        for column in (AcceptedRecord.case_id, RecordingRow.case_id, CallbackRow.case_id):
            rows = [str(key) for key in await session.scalars(select(column))]
            assert sorted(rows) == sorted(cases)
        lines = await session.execute(select(HistoryLine.case_id, func.count()).group_by(HistoryLine.case_id))
        assert {str(key): count for key, count in lines} == dict.fromkeys(cases, 2)
    await database.close()
    return cases


async def test_two_bridges_on_one_database_make_one_case_of_it(
    postgres_url: str,
    make_home: Callable[..., Settings],
    start_bridge: Callable[..., Any],
    citizen_of: Callable[[Settings], Any],
    redis_server: Any,
) -> None:
    first = make_home(database_url=postgres_url)
    second = make_home(database_url=postgres_url)
    for file in first.secrets_dir.iterdir():
        (second.secrets_dir / file.name).write_bytes(file.read_bytes())
    bridges = [await asyncio.to_thread(start_bridge, settings) for settings in (first, second)]
    citizen = citizen_of(first)
    async with bridges[0].client() as one, bridges[1].client() as other:
        leases = await asyncio.gather(*(client.lease_codes("n1", "ivr", 30) for client in (one, other) * 4))
        codes = [code for lease in leases for code in lease]
        assert len(set(codes)) == 240
        intakes = [citizen.intake(code, identifier="0084575948") for code in codes[:40]]
        pairs = await asyncio.gather(
            *(client.post_record(intake) for intake in intakes for client in (one, other))
        )
        assert {str(receipt.case_id) for receipt in pairs} == {intake["record_id"] for intake in intakes}
    database = Database(postgres_url)
    for _ in range(100):
        async with database.reading() as session:
            cases = int(await session.scalar(select(func.count()).select_from(Case)) or 0)
        if redis_server.client().xlen("line111:events") >= 40:
            break
        await asyncio.sleep(0.1)
    await database.close()
    assert cases == 40
    entries = redis_server.client().xrange("line111:events")
    assert len(entries) == len({fields["id"] for _, fields in entries}) == 40


async def test_a_database_that_drops_its_connections_costs_time_and_no_intake(
    postgres_url: str,
    make_home: Callable[..., Settings],
    start_bridge: Callable[..., Any],
    citizen_of: Callable[[Settings], Any],
) -> None:
    settings = make_home(database_url=postgres_url)
    bridge = await asyncio.to_thread(start_bridge, settings)
    citizen = citizen_of(settings)
    other = Database(postgres_url)
    drop = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    async with bridge.client() as client:
        codes = await client.lease_codes("n1", "ivr", 60)
        waiting = [citizen.intake(code) for code in codes]
        for _ in range(40):
            kept = []
            for intake in waiting[:20]:
                try:
                    await client.post_record(intake)
                except BridgeUnavailable:
                    kept.append(intake)
            waiting = kept + waiting[20:]
            if not waiting:
                break
            async with other.reading() as session:
                await session.execute(drop)
    await other.close()
    assert not waiting
    assert "request_failed" not in bridge.log
    assert len(await _what_cases(postgres_url)) == 60


async def _what_cases(url: str) -> list[Any]:
    database = Database(url)
    async with database.reading() as session:
        cases = list(await session.scalars(select(Case.id)))
    await database.close()
    return cases


def test_a_caller_node_that_vanishes_while_uploading_leaves_nothing(
    bridge: Any, citizen: Any, codes: list[str]
) -> None:
    audio = citizen.sound(60)
    intake = citizen.intake(codes[0], audio=audio)
    bridge.http("ivr").post("/api/v1/intakes", json=intake).raise_for_status()
    path = f"/api/v1/recordings/{intake['recording']['recording_id']}/audio"
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bridge.token('ivr')}\r\n"
        f"Content-Length: {len(audio)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", bridge.settings.bridge.port)) as torn:
        torn.sendall(head.encode() + audio[: len(audio) // 2])
        parts = bridge.settings.recordings_dir / "tmp"
        wait_for(lambda: parts.exists() and any(parts.iterdir()))
    wait_for(lambda: not any(parts.iterdir()))
    assert not list(bridge.settings.recordings_dir.rglob("*.rec"))
    answer = bridge.http("ivr").put(path, content=audio)
    assert answer.status_code == 204
    assert "request_failed" not in bridge.log
