"""Fetching on each database: what was told of is kept once, and nothing but that."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from casebridge.cases.models import HistoryLine
from casebridge.links.recordings import service
from casebridge.links.recordings.fetcher import Fetcher
from casebridge.links.recordings.models import AwaitedRecording
from casebridge.links.samad.centre import CentreSamad
from casebridge.links.schemas import RecordingCopy
from casebridge.recordings.models import RecordingRow
from casebridge.tables import new_id
from line111.clock import now
from line111.secrets import read_secret
from tests.integration.casebridge.links.cases_here import new_case, read_case
from tests.integration.casebridge.links.outside_server import SECRET
from tests.waiting import until

SOUND = bytes(range(256)) * 400


class Neighbour:
    """The centre "a", which answers what a test says."""

    def __init__(self) -> None:
        self.sound = SOUND
        self.asked: list[str] = []

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One question; slow enough for two to meet."""
        self.asked.append(request.headers["range"])
        await asyncio.sleep(0.05)
        start = int(self.asked[-1].removeprefix("bytes=").rstrip("-"))
        place = {"Content-Range": f"bytes {start}-{len(self.sound) - 1}/{len(self.sound)}"}
        return httpx.Response(206, content=_streamed(self.sound[start:]), headers=place)


async def _streamed(sound: bytes) -> AsyncIterator[bytes]:
    yield sound


def beside(api: Any) -> Neighbour:
    """Gives a running bridge its neighbour."""
    made, public = Neighbour(), read_secret(api.settings, "sealing_public")
    transport = httpx.MockTransport(made.answer)
    api.bridge.neighbours.centres["a"] = CentreSamad("b", "http://a", public, SECRET, transport=transport)
    return made


async def told_of(api: Any) -> Any:
    """A recording that "a" has told of."""
    case = await read_case(api, (await new_case(api)).id)
    copy = RecordingCopy(id=new_id(), speaker="applicant", language="fa", channels=1, bytes=len(SOUND),
                         duration_ms=12_800, sha256=hashlib.sha256(SOUND).hexdigest(),
                         created_at=now())  # fmt: skip
    async with api.bridge.database.writing() as session:
        await service.await_recordings(session, case, "centre:a", [copy, copy])
    return copy.id


async def is_in(api: Any, recording: UUID, state: str) -> bool:
    """Whether a recording has come to this state."""
    async with api.bridge.database.reading() as session:
        return bool((await session.get_one(RecordingRow, recording)).state == state)


async def test_two_bridges_on_one_database_fetch_it_once(api: Any) -> None:
    neighbour, recording = beside(api), await told_of(api)
    others = [asyncio.create_task(Fetcher(api.bridge).run()) for _ in range(3)]
    await until(lambda: is_in(api, recording, "held"), "the recording")
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    assert neighbour.asked == ["bytes=0-"]
    async with api.bridge.database.reading() as session:
        held = select(func.count()).select_from(HistoryLine).where(HistoryLine.action == "recording_held")
        assert await session.scalar(held) == 1


@pytest.mark.parametrize("wrong", [SOUND[:-1] + b"!", SOUND + b"!", SOUND[:-1]])
async def test_another_sound_than_was_told_of_is_never_kept(seeded_api: Any, wrong: bytes) -> None:
    api = seeded_api
    beside(api).sound = wrong
    recording = await told_of(api)

    async def tried() -> Any:
        async with api.bridge.database.reading() as session:
            row = await session.get_one(AwaitedRecording, recording)
            return row if row.attempts else None

    row = await until(tried, "a go that failed")
    assert row.taken_until is None
    assert row.next_at > row.created_at, "it is asked for again, later"
    assert not api.bridge.store._path(recording).exists()
    assert await is_in(api, recording, "expected")


async def test_what_is_to_come_from_a_centre_no_more_linked_gets_an_end(seeded_api: Any) -> None:
    seeded_api.settings.links.give_up_hours = 0
    recording = await told_of(seeded_api)
    await until(lambda: is_in(seeded_api, recording, "absent"), "the recording to be given up")
