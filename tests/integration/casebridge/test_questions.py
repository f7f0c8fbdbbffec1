"""What applicants are asked: kept, read out to them alone, replied to by voice or message, once."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from uuid6 import uuid7

from casebridge.cases.models import Case
from casebridge.client import BridgeRefused
from casebridge.notifications.models import Notification
from casebridge.questions.models import QuestionRow
from casebridge.recordings.models import RecordingRow
from casebridge.referrals import service as referrals
from casebridge.search.models import CaseWords
from line111.clock import now, to_text
from persian.identifiers import sample_identifier

WHO = sample_identifier("national_id", 4721)
OTHER = sample_identifier("national_id", 4722)
ON_SQLITE = pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
"""For what does not depend on the database."""
TEXT = "نشانی دقیق کوچه چیست؟"


class Asked:
    """A case that waits for its applicant's reply."""

    def __init__(self, api: Any) -> None:
        self.api = api

    async def open(self) -> Asked:
        self.code = (await self.api.codes(1))[0]
        intake = self.api.citizen.intake(self.code, identifier=WHO)
        async with self.api.client() as client:
            await client.post_record(intake)
        self.case_id = UUID(intake["record_id"])
        await self.ask()
        return self

    async def ask(self, text: str = TEXT) -> None:
        async with self.api.bridge.database.writing() as session:
            await referrals.ask_applicant(session, self.case_id, unit=None, actor="person:o", text=text)
        self.question_id = (await self.questions())[-1].id

    def said(self, sound: bytes, *, who: str = WHO) -> dict[str, Any]:
        """The record of a spoken reply, as a node writes it."""
        call_id = "1795500900.8"
        sealed = self.api.citizen.seal(
            identifier_kind="national_id", identifier=who, contact_number=None, caller_number=None
        )
        return {
            "format": 1, "type": "reply", "record_id": str(uuid7()), "node": "n1", "call_id": call_id,
            "created_at": to_text(now()), "language": "fa", "tracking_code": self.code,
            "question_id": str(self.question_id), "sealed": sealed,
            "recording": {
                "recording_id": str(uuid7()), "file": f"{call_id}-decision/message.alaw",
                "bytes": len(sound), "sha256": hashlib.sha256(sound).hexdigest(),
                "duration_ms": len(sound) // 8, "encoding": "alaw", "rate": 8000, "channels": 1,
                "speaker": "applicant",
            },
        }  # fmt: skip

    async def status(self) -> str:
        async with self.api.bridge.database.reading() as session:
            return (await session.get_one(Case, self.case_id)).status

    async def questions(self) -> list[QuestionRow]:
        async with self.api.bridge.database.reading() as session:
            query = select(QuestionRow).where(QuestionRow.case_id == self.case_id).order_by(QuestionRow.at)
            return list(await session.scalars(query))

    async def history(self) -> list[str]:
        async with self.api.client("operator") as operator:
            return [line.action for line in (await operator.case(self.case_id)).history]


@pytest.fixture
async def asked(api: Any) -> Asked:
    return await Asked(api).open()


@ON_SQLITE
async def test_question_is_kept_and_heard_by_its_applicant_alone(asked: Asked) -> None:
    (question,) = await asked.questions()
    assert (question.text, question.actor, question.language) == (TEXT, "person:o", "fa")
    async with asked.api.client() as client:
        found = await client.follow_up(asked.code, "national_id", WHO)
        assert await client.follow_up(asked.code, "national_id", OTHER) is None
    assert found is not None
    assert found.question is not None
    assert (found.case_id, found.question.id, found.question.text) == (asked.case_id, question.id, TEXT)


async def test_spoken_reply_gives_the_case_back_once_however_often_it_comes(asked: Asked) -> None:
    sound = asked.api.citizen.sound()
    record = asked.said(sound)
    recording_id = record["recording"]["recording_id"]
    file = asked.api.settings.home / "reply.alaw"
    file.write_bytes(sound)
    async with asked.api.client() as client:
        receipts = [await client.post_record(record) for _ in range(2)]
        receipts += await asyncio.gather(*(client.post_record(record) for _ in range(4)))
        await client.put_audio(recording_id, file, record["recording"]["sha256"])
        found = await client.follow_up(asked.code, "national_id", WHO)
    assert {(r.case_id, r.audio) for r in receipts} == {(asked.case_id, "wanted")}
    assert await asked.status() == "in_hand"
    (question,) = await asked.questions()
    assert (question.replied_by, question.reply_recording_id) == ("phone", UUID(recording_id))
    assert (await asked.history()).count("supplied") == 1
    assert found is not None
    assert found.question is None
    async with asked.api.bridge.database.reading() as session:
        assert (await session.get_one(RecordingRow, UUID(recording_id))).case_id == asked.case_id
        told = await session.scalars(
            select(Notification.audience).where(
                Notification.case_id == asked.case_id, Notification.template == "supplied"
            )
        )
        assert "unit" in set(told)


@ON_SQLITE
async def test_reply_to_one_question_never_counts_for_the_next(asked: Asked) -> None:
    delayed = asked.said(asked.api.citizen.sound())
    async with asked.api.bridge.database.writing() as session:
        await referrals.supplied(session, asked.case_id, unit=None, actor="person:o", note="کوچهٔ سوم")
    await asked.ask("پلاک؟")
    async with asked.api.client() as client:
        receipt = await client.post_record(delayed)
    assert receipt.audio == "wanted"  # what was spoken is kept all the same
    assert await asked.status() == "waiting_applicant"
    assert "supplied_late" in await asked.history()
    replies = [(q.replied_by, q.reply_text, q.reply_recording_id) for q in await asked.questions()]
    assert replies == [("unit", "کوچهٔ سوم", None), (None, None, None)]


@ON_SQLITE
async def test_nobody_replies_for_another(asked: Asked) -> None:
    async with asked.api.client() as client:
        with pytest.raises(BridgeRefused) as refused:
            await client.post_record(asked.said(asked.api.citizen.sound(), who=OTHER))
    assert refused.value.status == 404
    assert await asked.status() == "waiting_applicant"


@ON_SQLITE
async def test_question_and_written_reply_are_found_by_their_words(asked: Asked) -> None:
    async with asked.api.bridge.database.writing() as session:
        await referrals.supplied(session, asked.case_id, unit=None, actor="person:o", note="کوچهٔ ارغوان")
    async with asked.api.bridge.database.reading() as session:
        words = str(await session.scalar(select(CaseWords.words).where(CaseWords.case_id == asked.case_id)))
    assert "ارغوان" in words
    assert "نشانی" in words


@ON_SQLITE
async def test_callback_wished_while_following_up_is_about_that_case(asked: Asked) -> None:
    wish = {
        "format": 1, "type": "callback_wish", "record_id": str(uuid7()), "intake_id": str(asked.case_id),
        "wished": "asap", "node": "n1", "call_id": "1795500900.9", "created_at": to_text(now()),
    }  # fmt: skip
    async with asked.api.client() as client:
        receipts = [await client.post_record(wish) for _ in range(2)]
        found = await client.follow_up(asked.code, "national_id", WHO)
    assert {receipt.case_id for receipt in receipts} == {asked.case_id}
    assert found is not None
    assert found.callback is not None
    assert found.callback.state == "waiting"
