"""111, then 3, by real calls: the answer is heard, the citizen's word on it counts once."""

from __future__ import annotations

import asyncio
import audioop
import hashlib
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from uuid6 import uuid7

from casebridge.answers import service as answers
from casebridge.answers.models import AnswerRow
from casebridge.cases.schemas import CaseDetail
from casebridge.client import BridgeClient
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.service import mark_held
from casebridge.recordings.store import RecordingStore
from ivr import prompts
from ivr.kill_points import DecisionPoint
from ivr.records import intake, private_part
from line111.call.conversation import Outcome
from line111.clock import now
from line111.sealing import seal
from line111.secrets import data_keys, read_secret
from persian.identifiers import sample_identifier
from tests.pbx.line_sounds import share_in_order, voice_like
from tests.pbx.whole_line import Phoned, WholeLine, make_line
from tests.waiting import wait_for

__all__ = ["make_line"]
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

WHO = sample_identifier("national_id", 77)
MOST = 0.75
KILLED = [DecisionPoint.DECISION_DRAFTED, DecisionPoint.DECISION_SPOOLED]
"""Places after which what was pressed must count."""


@dataclass
class Waiting:
    """A case whose answer waits for its applicant's word."""

    line: WholeLine
    case_id: UUID
    code: str

    @property
    def script(self) -> str:
        """The citizen's way to the question."""
        return f"hear:menu/main !3 hear:followup/ask_code {self.code} hear:identity/ask {WHO}"

    def case(self) -> CaseDetail:
        return CaseDetail.model_validate(self.line.get(f"/cases/{self.case_id}"))

    def settled(self, status: str) -> CaseDetail:
        """The case once it has this status, and its recordings are here."""

        def found() -> CaseDetail | None:
            case = self.case()
            held = all(recording.state == "held" for recording in case.recordings)
            return case if case.status == status and held else None

        case = wait_for(found, 40, f"status {status}")
        assert case is not None
        return case

    def decisions(self) -> list[str]:
        """Every word on an answer that the case's history tells of."""
        words = ("accepted", "objected", "decision_too_late")
        return [line.action for line in self.case().history if line.action in words]


@pytest.fixture(scope="module")
def line(make_line: Callable[..., WholeLine]) -> WholeLine:
    return make_line(ivr={"message_silence_seconds": 2})


@pytest.fixture
def waiting(line: WholeLine) -> Waiting:
    if not line.ivr.lives:
        line.start_ivr()
    return answered(line)


def answered(line: WholeLine, voice: bytes | None = None) -> Waiting:
    """A case opened and answered, without a call of its own."""
    settings = line.settings
    sealed = seal(private_part("national_id", WHO, None, None), read_secret(settings, "sealing_public"))

    async def open_case(client: BridgeClient) -> Waiting:
        (code,) = await client.lease_codes(settings.node, "ivr", 1)
        record = intake(
            node=settings.node, origin="ivr", call_id="n1-1.1", language="en", tracking_code=code,
            kind="request", sealed=sealed, province="23", ended_by="confirmed", recording=None,
        )  # fmt: skip
        await client.post_record(record)
        return Waiting(line, UUID(record["record_id"]), code)

    waiting = line.ask(open_case, "ivr")
    asyncio.run(_answer(line, waiting.case_id, voice))
    return waiting


async def _answer(line: WholeLine, case_id: UUID, voice: bytes | None) -> None:
    database = Database(line.settings.database_url)
    try:
        recording_id = await _keep(line, database, case_id, voice) if voice else None
        async with database.writing() as session:
            await answers.answer(
                session, case_id, unit=None, actor="t", text="The pipe is mended.", language="en",
                recording_id=recording_id,
            )  # fmt: skip
    finally:
        await database.close()


async def _keep(line: WholeLine, database: Database, case_id: UUID, voice: bytes) -> UUID:
    """An official's voice, as the bridge keeps it."""
    recording_id, digest = uuid7(), hashlib.sha256(voice).hexdigest()
    row = {
        "id": recording_id, "case_id": case_id, "state": "expected", "speaker": "official",
        "encoding": "alaw", "rate": 8000, "channels": 1, "bytes": len(voice),
        "duration_ms": len(voice) // 8, "sha256": digest, "language": "en", "created_at": now(),
    }  # fmt: skip
    async with database.writing() as session:
        await session.execute(insert(RecordingRow).values(**row))

    async def whole() -> AsyncIterator[bytes]:
        yield voice

    store = _store(line)
    key = await store.keep(recording_id, whole(), size=len(voice), sha256=digest)
    async with database.writing() as session:
        await mark_held(session, recording_id, key, "t")
    return recording_id


@dataclass
class Told:
    """What a citizen did about an answer, and the case."""

    waiting: Waiting
    phoned: Phoned


WORDS = {
    "accepts": "1",
    "hears the voice": "* wait 1",
    "objects": "2 say # 1",
    "hangs up": "2 wait:1 hangup",
}
"""What is done at the question."""
VOICE = voice_like("official", 3.0)


@pytest.fixture(scope="module")
def told(line: WholeLine) -> dict[str, Told]:
    """All those who only phone, at the same time."""
    sound = audioop.lin2alaw(VOICE.tobytes(), 2)
    cases = {name: answered(line, sound if "voice" in name else None) for name in WORDS}

    async def all_at_once() -> list[Phoned]:
        calls = [
            line.phoning(
                f"{cases[name].script} hear:followup/decide {words}", number=f"+9821885544{at}", seconds=90
            )
            for at, (name, words) in enumerate(WORDS.items(), 50)
        ]
        return await asyncio.gather(*calls)

    phoned = asyncio.run(all_at_once())
    return {name: Told(cases[name], one) for name, one in zip(WORDS, phoned, strict=True)}


def test_one_accepts_the_answer_that_was_heard(told: dict[str, Told]) -> None:
    waiting, phoned = told["accepts"].waiting, told["accepts"].phoned
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert prompts.FOLLOWUP_ACCEPTED in phoned.heard
    assert phoned.heard[-1] == prompts.GOODBYE
    waiting.settled("accepted")
    assert waiting.decisions() == ["accepted"]
    assert waiting.line.refused() == {}


def test_officials_own_voice_is_heard_and_again_after_star(told: dict[str, Told]) -> None:
    phoned = told["hears the voice"].phoned
    heard = audioop.lin2alaw(phoned.report.heard.tobytes(), 2)
    assert share_in_order(heard, VOICE) > MOST
    assert phoned.heard.count(prompts.FOLLOWUP_LAST_REPLY) == 2
    told["hears the voice"].waiting.settled("accepted")


def test_two_objects_with_a_reason_that_is_kept_whole(told: dict[str, Told]) -> None:
    waiting, phoned = told["objects"].waiting, told["objects"].phoned
    assert prompts.FOLLOWUP_OBJECTED in phoned.heard
    case = waiting.settled("second_review")
    assert phoned.is_whole(waiting.line.audio(case))
    (said,) = _decided(waiting)
    assert (said.decision, said.objection_recording_id) == ("objected", case.recordings[0].id)


def test_hanging_up_after_two_is_an_objection_without_a_reason(told: dict[str, Told]) -> None:
    waiting = told["hangs up"].waiting
    case = waiting.settled("second_review")
    assert waiting.decisions() == ["objected"]
    assert case.recordings == []


def test_word_given_while_the_bridge_dies_is_delivered_when_it_is_back(waiting: Waiting) -> None:
    line = waiting.line
    phoned = line.phone(f"{waiting.script} hear:followup/decide 2 say # 1", on_message=line.bridge.kill)
    assert prompts.FOLLOWUP_OBJECTED in phoned.heard
    line.bridge.start()
    waiting.settled("second_review")
    assert waiting.decisions() == ["objected"]


@pytest.mark.chaos
@pytest.mark.parametrize("point", KILLED)
def test_what_was_pressed_counts_once_though_ivr_is_killed(waiting: Waiting, point: DecisionPoint) -> None:
    line = waiting.line
    line.ivr.kill()
    line.start_ivr(point)
    phoned = line.phone(f"{waiting.script} hear:followup/decide 2 say # 1", seconds=60)
    assert line.ivr.ended_by(signal.SIGKILL)
    assert prompts.FOLLOWUP_OBJECTED in phoned.heard  # by whoever took the call over
    assert phoned.heard[-1] == prompts.GOODBYE
    line.start_ivr()
    waiting.settled("second_review")
    line.settled()
    assert waiting.decisions() == ["objected"]
    assert line.refused() == {}


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("point", "pressed"),
    [(DecisionPoint.ANSWER_FOUND, ""), (DecisionPoint.DECISION_CHOSEN, "hear:followup/decide 1")],
)
def test_what_could_not_be_noted_is_not_confirmed_and_can_be_said_again(
    waiting: Waiting, point: DecisionPoint, pressed: str
) -> None:
    line = waiting.line
    line.ivr.kill()
    line.start_ivr(point)
    phoned = line.phone(f"{waiting.script} {pressed} hear:system/technical_pause hangup")
    assert line.ivr.ended_by(signal.SIGKILL)
    assert prompts.TECHNICAL_PAUSE in phoned.heard  # nobody is left in silence
    assert prompts.FOLLOWUP_ACCEPTED not in phoned.heard
    line.start_ivr()
    line.phone(f"{waiting.script} hear:followup/decide 1")
    waiting.settled("accepted")
    assert waiting.decisions() == ["accepted"]


def _decided(waiting: Waiting) -> list[AnswerRow]:
    async def read() -> list[AnswerRow]:
        database = Database(waiting.line.settings.database_url)
        try:
            async with database.reading() as session:
                query = select(AnswerRow).where(AnswerRow.case_id == waiting.case_id)
                return list(await session.scalars(query))
        finally:
            await database.close()

    return asyncio.run(read())


def _store(line: WholeLine) -> RecordingStore:
    return RecordingStore(line.settings.recordings_dir, KeyRing(lambda: data_keys(line.settings)))
