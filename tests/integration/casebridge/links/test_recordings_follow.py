"""Recordings follow their case to another centre, and to no other; voices that answer come back."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, func, select, update

from casebridge.answers import service as answers
from casebridge.answers.models import AnswerRow
from casebridge.audit.models import AuditLine
from casebridge.cases.models import HistoryLine
from casebridge.links import signing
from casebridge.links.recordings.fetcher import Fetcher
from casebridge.links.recordings.models import AwaitedRecording
from casebridge.links.samad.centre import SOUND_PATH
from casebridge.links.service import pass_case
from casebridge.recordings.models import RecordingRow
from casebridge.tables import new_id
from casebridge.transcripts.models import TranscriptRow
from line111.clock import now
from tests.integration.casebridge.links.agreements import link_centres
from tests.integration.casebridge.links.cases_here import in_states, read_case
from tests.integration.casebridge.links.outside_server import SECRET
from tests.integration.casebridge.links.test_screen import browser
from tests.waiting import until

SOUND = bytes(range(256)) * 600


@dataclass
class Pair:
    """Two centres: "a" gives cases, "b" works on them; each tells the other over HTTP, in this process."""

    a: Any
    b: Any

    async def spoken_case(self, tmp_path: Any, *, brought: bool = True) -> tuple[Any, UUID]:
        """A case of "a" with its recording's id; the sound is there, or still on its way to "a"."""
        intake = self.a.citizen.intake((await self.a.codes(1))[0], audio=SOUND)
        async with self.a.client() as client:
            receipt = await client.post_record(intake)
        recording = UUID(intake["recording"]["recording_id"])
        if brought:
            await self.bring(tmp_path, recording, intake["recording"]["sha256"])
        return receipt.case_id, recording

    async def bring(self, tmp_path: Any, recording: UUID, sha256: str) -> None:
        """The node delivers the sound to "a"."""
        file = tmp_path / "message.alaw"
        file.write_bytes(SOUND)
        async with self.a.client() as client:
            await client.put_audio(recording, file, sha256)

    async def passed(self, case_id: UUID) -> None:
        """The case is given to "b", which knows it then."""
        async with self.a.bridge.database.writing() as session:
            await pass_case(session, case_id, "b", "person:supervisor1")
        self.a.bridge.relay.wake()

        async def there() -> Any:
            return [row for row in await in_states(self.a, "delivered") if row.case_id == case_id]

        await until(there, "the case at b")

    async def asked_once(self, recording: UUID) -> AwaitedRecording:
        """Waits until "b" has asked in vain for what is not at "a" yet."""

        async def asked() -> Any:
            async with self.b.bridge.database.reading() as session:
                row = await session.get(AwaitedRecording, recording)
                return row if row and row.attempts else None

        row: AwaitedRecording = await until(asked, "a question for what is not there yet")
        return row

    async def ask_now(self) -> None:
        """The time "b" was to wait is over."""
        async with self.b.bridge.database.writing() as session:
            await session.execute(update(AwaitedRecording).values(next_at=now()))

    async def ask(self, case_id: UUID, recording: UUID, **changes: Any) -> httpx.Response:
        """A question to "a", signed by "b", with changes."""
        name, secret = changes.get("name", "b"), changes.get("secret", SECRET)
        question = changes.get("question", signing.question(name, case_id, recording))
        headers = {signing.HEADER: signing.sign(secret, question, int(time.time()) - changes.get("old", 0))}
        path = SOUND_PATH.format(name=name, case=case_id, recording=recording).removeprefix("/api/v1")
        async with self.a.http() as http:
            return await http.get(path, headers=headers)


async def state_of(api: Any, recording: UUID) -> str | None:
    """Where a recording stands at a centre."""
    async with api.bridge.database.reading() as session:
        row = await session.get(RecordingRow, recording)
        return row.state if row else None


async def arrives(api: Any, recording: UUID, state: str = "held") -> None:
    """Waits until a recording has come to this state at a centre."""

    async def there() -> bool:
        return await state_of(api, recording) == state

    await until(there, f"a recording that is {state}", 20)


async def heard(api: Any, recording: UUID) -> bytes:
    """The sound as a person hears it at a centre."""
    async with api.person("supervisor", username="listener1") as http:
        return bytes((await http.get(f"/recordings/{recording}/audio")).content)


async def spoken(api: Any, case_id: UUID, sound: bytes) -> UUID:
    """An official's voice, kept before an answer names it."""
    recording, digest = new_id(), hashlib.sha256(sound).hexdigest()

    async def body() -> AsyncIterator[bytes]:
        yield sound

    key = await api.bridge.store.keep(recording, body(), size=len(sound), sha256=digest)
    async with api.bridge.database.writing() as session:
        session.add(RecordingRow(id=recording, case_id=case_id, state="held", speaker="official",
                                 encoding="alaw", rate=8000, channels=1, bytes=len(sound), sha256=digest,
                                 duration_ms=len(sound) // 8, language="en", created_at=now(),
                                 stored_at=now(), key_number=key))  # fmt: skip
    return recording


async def page(api: Any, case_id: UUID, recording: UUID) -> str:
    """The case's page at a centre, in English."""
    async with browser(api, "supervisor") as http:
        return str((await http.get(f"/cases/{case_id}?recording={recording}")).text)


@pytest.fixture
async def pair(on_sqlite: Any, run_bridge: Any) -> AsyncIterator[Pair]:
    """Two centres that know each other."""
    one, other = on_sqlite(), on_sqlite("n2")
    link_centres(one, other, ("a", "b"))
    async with contextlib.AsyncExitStack() as stack:
        a, b = [await stack.enter_async_context(run_bridge(settings)) for settings in (one, other)]
        for ours, theirs in ((a, b), (b, a)):
            (neighbour,) = ours.bridge.neighbours.centres.values()
            await neighbour.close()
            neighbour._http = httpx.AsyncClient(transport=theirs.transport, base_url="http://bridge")
        yield Pair(a, b)


async def test_the_recording_is_heard_at_the_other_centre_and_kept_under_its_own_keys(
    pair: Pair, tmp_path: Any
) -> None:
    case_id, recording = await pair.spoken_case(tmp_path)
    await pair.passed(case_id)
    await arrives(pair.b, recording)
    assert await heard(pair.b, recording) == SOUND
    assert "data-player" in await page(pair.b, case_id, recording)
    files = [api.bridge.store._path(recording).read_bytes() for api in (pair.a, pair.b)]
    assert files[0] != files[1]
    assert not any(SOUND[:256] in file for file in files)
    async with pair.b.bridge.database.reading() as session:
        assert (await session.get_one(TranscriptRow, recording)).status == "queued", "it is written out there"
        assert await session.get(AwaitedRecording, recording) is None
        lines = select(HistoryLine.actor).where(HistoryLine.action == "recording_held")
        assert list(await session.scalars(lines)) == ["link:centre:a"]
    async with pair.a.bridge.database.reading() as session:
        trail = select(AuditLine.actor).where(AuditLine.action == "recording_fetched")
        assert list(await session.scalars(trail)) == ["link:centre:b"], "one fetching, one line"


async def test_told_of_twice_it_is_fetched_once(pair: Pair, tmp_path: Any, make_step: Any) -> None:
    case_id, recording = await pair.spoken_case(tmp_path)
    await pair.passed(case_id)
    await arrives(pair.b, recording)
    before = pair.b.bridge.store._path(recording).stat().st_mtime_ns
    step = await make_step(pair.a, await read_case(pair.a, case_id), "taken", target="centre:b")
    assert [one.id for one in step.recordings] == [recording]
    await pair.a.bridge.neighbours.centres["b"].tell(step)
    assert not await Fetcher(pair.b.bridge).fetch_next("centre:a")
    assert pair.b.bridge.store._path(recording).stat().st_mtime_ns == before
    async with pair.b.bridge.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(RecordingRow)) == 1


async def test_until_it_is_there_the_page_says_that_it_comes_from_the_other_centre(
    pair: Pair, tmp_path: Any
) -> None:
    case_id, recording = await pair.spoken_case(tmp_path, brought=False)
    await pair.passed(case_id)
    waits = await pair.asked_once(recording)
    assert waits.next_at > now() + timedelta(seconds=30), "the other centre has said when to ask again"
    shown = await page(pair.b, case_id, recording)
    assert "The recording is on its way" in shown
    assert "comes from the centre" in shown
    assert "data-player" not in shown
    async with pair.a.bridge.database.reading() as session:
        digest = (await session.get_one(RecordingRow, recording)).sha256
    await pair.bring(tmp_path, recording, digest)
    await pair.ask_now()
    await arrives(pair.b, recording)
    assert await heard(pair.b, recording) == SOUND
    async with browser(pair.b, "supervisor") as http:  # the open page asks after the event of its arrival
        told = await http.get(f"/cases/{case_id}/recording?recording={recording}")
        assert told.headers["hx-refresh"] == "true"


async def test_a_centre_gets_no_recording_of_a_case_it_was_not_given(pair: Pair, tmp_path: Any) -> None:
    given, recording = await pair.spoken_case(tmp_path)
    kept, own = await pair.spoken_case(tmp_path)
    await pair.passed(given)
    whole = await pair.ask(given, recording)
    assert (whole.status_code, whole.content) == (200, SOUND)
    for case_id, wanted in ((kept, own), (given, own), (given, new_id()), (new_id(), recording)):
        assert (await pair.ask(case_id, wanted)).status_code == 404
    other = signing.question("b", given, own)
    for changes in ({"secret": "x"}, {"name": "c"}, {"old": 900}, {"question": b""}, {"question": other}):
        assert (await pair.ask(given, recording, **changes)).status_code == 401, changes


async def test_a_voice_that_answers_comes_back_and_drafts_do_not(pair: Pair, tmp_path: Any) -> None:
    case_id, _ = await pair.spoken_case(tmp_path)
    await pair.passed(case_id)
    draft, voice = [await spoken(pair.b, case_id, SOUND[: 9000 + number]) for number in range(2)]
    async with pair.b.bridge.database.writing() as session:
        await answers.answer(session, case_id, unit=None, actor="person:official1", text="Spoken.",
                             language="en", recording_id=voice)  # fmt: skip
    pair.b.bridge.relay.wake()
    await arrives(pair.a, voice)
    assert await heard(pair.a, voice) == SOUND[:9001]
    assert await state_of(pair.a, draft) is None
    async with pair.a.bridge.database.reading() as session:
        given = (await session.scalars(select(AnswerRow))).one()
        assert (given.recording_id, given.actor) == (voice, "link:centre:b")
        assert await session.get(TranscriptRow, voice) is None, "an answer is heard, not written out"


@pytest.mark.parametrize("what", ["the row", "the file"])
async def test_what_the_other_centre_has_no_more_is_named_and_asked_for_no_longer(
    pair: Pair, tmp_path: Any, what: str
) -> None:
    case_id, recording = await pair.spoken_case(tmp_path, brought=what == "the file")
    if what == "the file":  # it may be a disk that comes back: asked for as long as a parcel would be sent
        pair.a.bridge.store.remove(recording)
        pair.b.settings.links.give_up_hours = 0
    await pair.passed(case_id)
    if what == "the row":
        await pair.asked_once(recording)
        async with pair.a.bridge.database.writing() as session:
            await session.execute(delete(RecordingRow).where(RecordingRow.id == recording))
        await pair.ask_now()
    await arrives(pair.b, recording, "absent")
    shown = await page(pair.b, case_id, recording)
    assert "The recording is not to be had" in shown
    assert "data-player" not in shown
    assert not await Fetcher(pair.b.bridge).fetch_next("centre:a")
    async with pair.b.bridge.database.reading() as session:
        row = await session.get_one(AwaitedRecording, recording)
        assert (row.next_at, row.taken_until) == (None, None)
        assert row.last_error
