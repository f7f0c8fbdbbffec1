"""111, then 3, by real calls: a question is heard and replied to; `0` there is a callback about the case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from casebridge.client import BridgeClient
from casebridge.database import Database
from casebridge.questions.models import QuestionRow
from casebridge.referrals import service as referrals
from ivr import prompts
from ivr.records import intake, private_part
from line111.call.conversation import Outcome
from line111.sealing import seal
from line111.secrets import read_secret
from persian.identifiers import sample_identifier
from tests.pbx.test_word_on_an_answer import Waiting
from tests.pbx.whole_line import Phoned, WholeLine, make_line

__all__ = ["make_line"]
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

WHO = sample_identifier("national_id", 77)


@pytest.fixture(scope="module")
def line(make_line: Callable[..., WholeLine]) -> WholeLine:
    return make_line(ivr={"message_silence_seconds": 2})


def asked(line: WholeLine) -> Waiting:
    """A case opened, whose unit has asked its applicant something."""
    sealed = seal(private_part("national_id", WHO, None, None), read_secret(line.settings, "sealing_public"))

    async def open_case(client: BridgeClient) -> Waiting:
        (code,) = await client.lease_codes(line.settings.node, "ivr", 1)
        record = intake(
            node=line.settings.node, origin="ivr", call_id="n1-1.2", language="en", tracking_code=code,
            kind="request", sealed=sealed, province="23", ended_by="confirmed", recording=None,
        )  # fmt: skip
        await client.post_record(record)
        return Waiting(line, UUID(record["record_id"]), code)

    async def ask() -> None:
        database = Database(line.settings.database_url)
        try:
            async with database.writing() as session:
                await referrals.ask_applicant(
                    session, waiting.case_id, unit=None, actor="t", text="Which street do you live in?"
                )
        finally:
            await database.close()

    waiting = line.ask(open_case, "ivr")
    asyncio.run(ask())
    return waiting


def test_question_is_replied_to_and_zero_at_another_wishes_a_callback_about_that_case(
    line: WholeLine,
) -> None:
    replied, called = asked(line), asked(line)

    async def both() -> list[Phoned]:
        return await asyncio.gather(
            line.phoning(
                f"{replied.script} hear:followup/reply 1 say # 1", number="+98218855447", seconds=90
            ),
            line.phoning(f"{called.script} hear:followup/reply 0 1 1", number="+98218855448", seconds=90),
        )

    one, other = asyncio.run(both())
    assert one.report.outcome is Outcome.REGULAR, one.report
    assert prompts.FOLLOWUP_QUESTION in one.heard
    assert one.heard[-2:] == [prompts.FOLLOWUP_REPLIED, prompts.GOODBYE]
    case = replied.settled("in_hand")
    assert one.is_whole(line.audio(case))
    (question,) = _questions(replied)
    assert (question.replied_by, question.reply_recording_id) == ("phone", case.recordings[0].id)
    assert other.heard.count(prompts.IDENTITY_ASK) == 1
    assert prompts.CALLBACK_REGISTERED in other.heard
    line.settled()
    assert [callback.wished for callback in called.case().callbacks] == ["asap"]
    assert called.case().status == "waiting_applicant"
    assert len(line.get("/cases")["items"]) == 2  # no other case
    assert line.refused() == {}


def _questions(waiting: Waiting) -> list[QuestionRow]:
    async def read() -> list[QuestionRow]:
        database = Database(waiting.line.settings.database_url)
        try:
            async with database.reading() as session:
                query = select(QuestionRow).where(QuestionRow.case_id == waiting.case_id)
                return list(await session.scalars(query))
        finally:
            await database.close()

    return asyncio.run(read())
