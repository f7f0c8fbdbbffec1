"""Two centres: a recording is half over when the one is killed, then the line to the other is cut."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casebridge.cases.models import HistoryLine
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.links.recordings.models import AwaitedRecording
from casebridge.links.service import pass_case
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.sealed import CHUNK
from casebridge.recordings.store import RecordingStore
from line111.secrets import data_keys
from line111.settings import Settings
from tests.integration.casebridge.links.outside_server import serving
from tests.integration.casebridge.links.sound_line import SoundLine
from tests.integration.casebridge.links.test_two_centres import count, wait

SOUND = secrets.token_bytes(5 * CHUNK + 123)
LEASE = 10
"""Seconds: a slow machine must not end a go that a test has stopped."""


async def spoken(api: Any, folder: Path) -> tuple[UUID, UUID]:
    """A case with its sound: the case's and the recording's id."""
    intake = api.citizen.intake((await api.codes(1))[0], audio=SOUND)
    told = intake["recording"]
    (folder / "message.alaw").write_bytes(SOUND)
    async with api.client() as client:
        receipt = await client.post_record(intake)
        await client.put_audio(told["recording_id"], folder / "message.alaw", told["sha256"])
    return receipt.case_id, UUID(told["recording_id"])


async def is_whole(settings: Settings, database: Database, recording: UUID) -> None:
    """The recording is there as it was spoken, once, and nothing else of it."""
    held = select(RecordingRow.id).where(RecordingRow.id == recording, RecordingRow.state == "held")
    await wait(database, held, 1, "the recording at b", 60)
    store = RecordingStore(settings.recordings_dir, KeyRing(lambda: data_keys(settings)))
    assert b"".join([part async for part in store.read(recording, 0, len(SOUND))]) == SOUND
    names = [file.stem for file in settings.recordings_dir.rglob("*") if recording.hex in file.name]
    assert names == [recording.hex]
    assert await count(database, select(AwaitedRecording.recording_id)) == 0
    async with database.reading() as session:
        lines = await session.scalars(select(HistoryLine).where(HistoryLine.action == "recording_held"))
        assert [line.detail["recording_id"] for line in lines].count(str(recording)) == 1


@pytest.mark.chaos
async def test_a_recording_half_over_when_either_end_vanishes_arrives_whole_and_once(
    on_sqlite: Any, run_bridge: Any, start_bridge: Any, linked_centres: Any, tmp_path: Path
) -> None:
    one, other = on_sqlite("n1"), on_sqlite("n2")
    linked_centres(one, other, ("a", "b"), lease_seconds=LEASE)
    async with run_bridge(one) as a, serving(a.app) as url, SoundLine(int(url.rpartition(":")[2])) as line:
        other.links.centres["a"].url = line.url
        b, at_b = await asyncio.to_thread(start_bridge, other), Database(other.database_url)
        for b_is_killed in (True, False):
            case_id, recording = await spoken(a, tmp_path)
            line.asked.clear()
            line.stop_after(3 * CHUNK + CHUNK // 2)
            async with a.bridge.database.writing() as session:
                await pass_case(session, case_id, "b", "person:supervisor1")
            a.bridge.relay.wake()
            await asyncio.wait_for(line.stalled.wait(), 30)
            await grown(other, recording)
            if b_is_killed:
                b.kill()
            line.cut()  # what b sees where a is killed
            if b_is_killed:
                await asyncio.to_thread(b.start)
            await is_whole(other, at_b, recording)
            assert line.asked[0] == 0
            assert min(line.asked[1:]) == 3 * CHUNK, "what had come came again"
        await at_b.close()


async def grown(settings: Settings, recording: UUID) -> None:
    """Returns when three chunks of a recording are on disk at b."""
    file = RecordingStore(settings.recordings_dir, KeyRing(lambda: data_keys(settings)))._growing(recording)
    for _ in range(300):
        if file.exists() and file.stat().st_size > 3 * CHUNK:
            return
        await asyncio.sleep(0.05)
    pytest.fail("nothing of the recording comes")
