"""What applicants say to answers on the telephone: decided once, by them alone, and never lost."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from uuid6 import uuid7

from casebridge.answers import service as answers
from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case
from casebridge.client import BridgeDenied, BridgeRefused
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.service import mark_held
from casebridge.transcripts.models import TranscriptRow
from line111.clock import now, to_text
from persian.identifiers import sample_identifier

WHO = sample_identifier("national_id", 4711)
OTHER = sample_identifier("national_id", 4712)


class Answered:
    """A case that waits for its applicant's word."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.case_id = UUID(int=0)
        self.code = ""
        self.answer_id = UUID(int=0)

    async def open(self, **changes: Any) -> Answered:
        self.code = (await self.api.codes(1))[0]
        intake = self.api.citizen.intake(self.code, identifier=WHO, **changes)
        async with self.api.client() as client:
            await client.post_record(intake)
        self.case_id = UUID(intake["record_id"])
        await self.answer()
        return self

    async def answer(self, **how: Any) -> None:
        async with self.api.bridge.database.writing() as session:
            self.answer_id = await answers.answer(
                session, self.case_id, unit=None, actor="t", text="پاسخ", language="fa", **how
            )

    def said(self, accepted: bool, *, sound: bytes | None = None, who: str = WHO) -> dict[str, Any]:
        """The record of a decision, as a node writes it."""
        call_id = "1795500900.7"
        recording = None
        if sound is not None:
            recording = {
                "recording_id": str(uuid7()), "file": f"{call_id}-decision/message.alaw",
                "bytes": len(sound), "sha256": hashlib.sha256(sound).hexdigest(),
                "duration_ms": len(sound) // 8, "encoding": "alaw", "rate": 8000, "channels": 1,
                "speaker": "applicant",
            }  # fmt: skip
        sealed = self.api.citizen.seal(
            identifier_kind="national_id", identifier=who, contact_number=None, caller_number=None
        )
        return {
            "format": 1, "type": "decision", "record_id": str(uuid7()), "node": "n1", "call_id": call_id,
            "created_at": to_text(now()), "language": "fa", "tracking_code": self.code,
            "answer_id": str(self.answer_id), "sealed": sealed, "accepted": accepted, "recording": recording,
        }  # fmt: skip

    async def case(self) -> Case:
        async with self.api.bridge.database.reading() as session:
            return await session.get_one(Case, self.case_id)

    async def decisions(self) -> list[tuple[str | None, str | None, UUID | None]]:
        async with self.api.bridge.database.reading() as session:
            rows = await session.scalars(
                select(AnswerRow).where(AnswerRow.case_id == self.case_id).order_by(AnswerRow.at)
            )
            return [(row.decision, row.decided_by, row.objection_recording_id) for row in rows]

    async def history(self) -> list[str]:
        async with self.api.client("operator") as operator:
            return [line.action for line in (await operator.case(self.case_id)).history]


@pytest.fixture
async def answered(api: Any) -> Answered:
    return await Answered(api).open()


async def test_accepted_by_phone_is_accepted_once_however_often_it_comes(answered: Answered) -> None:
    record = answered.said(True)
    async with answered.api.client() as client:
        receipts = [await client.post_record(record) for _ in range(2)]
        receipts += await asyncio.gather(*(client.post_record(record) for _ in range(6)))
    assert {(r.case_id, r.tracking_code, r.audio) for r in receipts} == {
        (answered.case_id, answered.code, "none")
    }
    assert (await answered.case()).status == "accepted"
    assert await answered.decisions() == [("accepted", "phone", None)]
    assert (await answered.history()).count("accepted") == 1


async def test_spoken_reason_becomes_a_recording_of_the_case_to_be_transcribed(answered: Answered) -> None:
    sound = answered.api.citizen.sound()
    record = answered.said(False, sound=sound)
    recording_id = record["recording"]["recording_id"]
    file = answered.api.settings.home / "reason.alaw"
    file.write_bytes(sound)
    async with answered.api.client() as client:
        assert (await client.post_record(record)).audio == "wanted"
        await client.put_audio(recording_id, file, record["recording"]["sha256"])
        assert (await client.post_record(record)).audio == "held"
    case = await answered.case()
    assert (case.status, case.round) == ("second_review", 2)
    assert await answered.decisions() == [("objected", "phone", UUID(recording_id))]
    async with answered.api.bridge.database.reading() as session:
        recording = await session.get_one(RecordingRow, UUID(recording_id))
        transcript = await session.get_one(TranscriptRow, UUID(recording_id))
    assert (recording.case_id, recording.speaker) == (answered.case_id, "applicant")
    assert transcript.status == "queued"


async def test_what_comes_too_late_is_accepted_and_told_in_the_history(answered: Answered) -> None:
    late = answered.said(False, sound=answered.api.citizen.sound())
    async with answered.api.client() as client:
        await client.post_record(answered.said(True))
        receipt = await client.post_record(late)
        assert await client.post_record(late) == receipt
    assert receipt.audio == "wanted"  # what was spoken is kept all the same
    assert (await answered.case()).status == "accepted"
    assert (await answered.history()).count("decision_too_late") == 1


async def test_word_on_one_answer_never_counts_for_the_next(answered: Answered) -> None:
    delayed = answered.said(True)
    async with answered.api.client() as client:
        await client.post_record(answered.said(False))
        await answered.answer()
        assert (await answered.case()).status == "answered"
        await client.post_record(delayed)
        assert (await answered.case()).status == "answered"
        assert "decision_too_late" in await answered.history()
        await client.post_record(answered.said(True))
    assert (await answered.case()).status == "accepted"
    assert [row[0] for row in await answered.decisions()] == ["objected", "accepted"]


@pytest.mark.parametrize(
    "call", [{"kind": "sentiment"}, {"kind": "request", "province": None}, {"kind": "complaint"}]
)
async def test_9_1_an_objection_to_the_centres_answer_is_kept_and_leads_to_a_session(
    api: Any, call: dict[str, Any]
) -> None:
    """It was told to the caller as registered: nothing may refuse it afterwards."""
    answered = await Answered(api).open(**call)
    async with api.client() as client:
        await client.post_record(answered.said(False))
    case = await answered.case()
    assert (case.owner_unit, case.status) == ("centre", "objected")
    assert await answered.decisions() == [("objected", "phone", None)]
    async with api.person("supervisor", username="s1") as http:
        ways = (await http.get(f"/cases/{case.id}/referrals")).json()
        assert [(one["article"], one["reason"]) for one in ways] == [("9-1", "objected_again")]
        to = {"to_unit": "province/23/governor", "note": "as agreed in the session"}
        moved = await http.post(f"/cases/{case.id}/refer", json=to)
        assert (moved.status_code, moved.json()["owner_unit"]) == (200, "province/23/governor")


async def test_9_1_an_agent_writes_down_an_objection_to_the_centres_answer(api: Any) -> None:
    answered = await Answered(api).open(kind="sentiment")
    async with api.person("agent") as http:
        said = await http.post(f"/cases/{answered.case_id}/decide", json={"accepted": False, "text": "no"})
        assert (said.status_code, said.json()["status"]) == (200, "objected")


async def test_nobody_decides_for_another(answered: Answered) -> None:
    async with answered.api.client() as client:
        with pytest.raises(BridgeRefused) as refused:
            await client.post_record(answered.said(True, who=OTHER))
        assert refused.value.status == 404
        unknown = answered.said(True) | {"tracking_code": (await answered.api.codes(1))[0]}
        with pytest.raises(BridgeRefused):
            await client.post_record(unknown)
        unreadable = answered.said(True) | {"sealed": "c2VhbGVk"}
        with pytest.raises(BridgeRefused):
            await client.post_record(unreadable)
    assert (await answered.case()).status == "answered"
    assert await answered.decisions() == [(None, None, None)]


async def test_a_refused_decision_spoils_nothing_that_comes_with_it(answered: Answered) -> None:
    other = await Answered(answered.api).open()
    records = [answered.said(True), other.said(True, who=OTHER), other.said(False)]
    async with answered.api.client() as client:
        results = await asyncio.gather(*(client.post_record(r) for r in records), return_exceptions=True)
    assert [isinstance(result, BridgeRefused) for result in results] == [False, True, False]
    assert (await answered.case()).status == "accepted"
    assert (await other.case()).status == "second_review"


async def test_follow_up_names_the_answer_and_its_voice(answered: Answered) -> None:
    async with answered.api.client() as client:
        found = await client.follow_up(answered.code, "national_id", WHO)
    assert found is not None
    assert found.last_reply is not None
    assert (found.last_reply.answer_id, found.last_reply.recording_id) == (answered.answer_id, None)


async def test_officials_voice_is_heard_by_its_applicant_and_no_other_recording_is(
    answered: Answered, tmp_path: Any
) -> None:
    api, sound = answered.api, answered.api.citizen.sound()
    file = tmp_path / "voice.alaw"
    recording_id = uuid7()
    async with api.client() as client, api.client("transcription") as stranger:
        with pytest.raises(BridgeRefused):  # an answer without a voice
            await client.answer_voice(answered.code, "national_id", WHO, file)
        async with api.bridge.database.writing() as session:
            await session.execute(
                insert(RecordingRow).values(
                    id=recording_id,
                    case_id=answered.case_id,
                    state="expected",
                    speaker="official",
                    encoding="alaw",
                    rate=8000,
                    channels=1,
                    bytes=len(sound),
                    duration_ms=len(sound) // 8,
                    sha256=hashlib.sha256(sound).hexdigest(),
                    language="fa",
                    created_at=now(),
                )
            )
            row = await session.get_one(AnswerRow, answered.answer_id)
            row.recording_id = recording_id
        with pytest.raises(BridgeRefused):  # announced, not there yet
            await client.answer_voice(answered.code, "national_id", WHO, file)

        async def whole() -> Any:
            yield sound

        digest = hashlib.sha256(sound).hexdigest()
        key = await api.bridge.store.keep(recording_id, whole(), size=len(sound), sha256=digest)
        async with api.bridge.database.writing() as session:
            await mark_held(session, recording_id, key, "t")
        await client.answer_voice(answered.code, "national_id", WHO, file)
        assert file.read_bytes() == sound
        with pytest.raises(BridgeRefused):
            await client.answer_voice(answered.code, "national_id", OTHER, file)
        with pytest.raises(BridgeDenied):
            await client.get_audio(recording_id, file)
        with pytest.raises(BridgeDenied):
            await stranger.answer_voice(answered.code, "national_id", WHO, file)
