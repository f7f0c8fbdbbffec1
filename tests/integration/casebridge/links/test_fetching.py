"""Fetching on each database: what was told of is kept once, and nothing but that."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

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
    """Gives a bridge its neighbour; it fetches only when a test has it fetch."""
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


async def test_two_bridges_on_one_database_fetch_it_once(api: Any) -> None:
    neighbour, recording = beside(api), await told_of(api)
    fetchers = [Fetcher(api.bridge) for _ in range(2)]
    assert sorted(await asyncio.gather(*(one.fetch_next("centre:a") for one in fetchers))) == [False, True]
    assert neighbour.asked == ["bytes=0-"]
    async with api.bridge.database.reading() as session:
        assert (await session.get_one(RecordingRow, recording)).state == "held"
        held = select(func.count()).select_from(HistoryLine).where(HistoryLine.action == "recording_held")
        assert await session.scalar(held) == 1


@pytest.mark.parametrize("wrong", [SOUND[:-1] + b"!", SOUND + b"!", SOUND[:-1]])
async def test_another_sound_than_was_told_of_is_never_kept(seeded_api: Any, wrong: bytes) -> None:
    api = seeded_api
    beside(api).sound = wrong
    recording = await told_of(api)
    assert await Fetcher(api.bridge).fetch_next("centre:a")
    assert not api.bridge.store._path(recording).exists()
    async with api.bridge.database.reading() as session:
        row = await session.get_one(AwaitedRecording, recording)
        assert (row.attempts, row.taken_until) == (1, None)
        assert row.next_at is not None
        assert row.next_at > row.created_at, "it is asked for again, later"
        assert (await session.get_one(RecordingRow, recording)).state == "expected"
