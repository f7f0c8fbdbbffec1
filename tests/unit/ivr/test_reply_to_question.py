"""A question of the unit that has the case: read out, replied to by voice, durable before it is confirmed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import pytest

from casebridge.intakes.schemas import ApplicantReply
from ivr import prompts
from ivr.agi.session import AsteriskLost
from ivr.line import Followed
from ivr.rescue import rescue_orphans
from line111.clock import now
from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code

CODE, IDENTIFIER = make_tracking_code(8), sample_identifier("national_id", 8)
QUESTION = UUID("019a0000-0000-7000-8000-000000000009")
CASE = UUID("019a0000-0000-7000-8000-000000000005")
ASKED = ("", "3", CODE, IDENTIFIER)


def fa(prompt: str) -> str:
    return f"fa/{prompt}"


@pytest.fixture
def asked(node):
    """A node whose bridge knows a question the applicant has not replied to."""
    question = SimpleNamespace(id=QUESTION, text="which street?", language="en")
    node.followed = Followed("request", now(), "waiting_applicant", None, False, CASE, question)
    return node


async def test_question_is_read_out_and_the_spoken_reply_is_kept(asked, caller, say):
    citizen = caller(*ASKED, "*", "1", "1", messages=[say(4)])
    call = await asked.phone(citizen)
    (record,) = asked.records("reply")
    assert (record["question_id"], record["tracking_code"]) == (str(QUESTION), CODE)
    assert record["recording"]["duration_ms"] == 4000
    assert asked.opened(record)["identifier"] == IDENTIFIER
    assert ApplicantReply.model_validate(record)
    assert (
        len([sound for sound in citizen.heard if sound.endswith("/reply") and "followup" not in sound]) == 2
    )
    assert citizen.heard[-2:] == [fa(prompts.FOLLOWUP_REPLIED), fa(prompts.GOODBYE)]
    assert fa(prompts.FOLLOWUP_NO_REPLY) not in citizen.heard
    assert call.outcome == "followed_up"
    assert not list((asked.spool.folder / "drafts").glob("*.json"))


async def test_who_says_nothing_has_replied_nothing_and_may_later(asked, caller):
    for keys, messages in (((), []), (("1",), [b""])):
        citizen = caller(*ASKED, *keys, messages=messages)
        await asked.phone(citizen)
        assert fa(prompts.FOLLOWUP_REPLY_LATER) in citizen.heard
    assert not asked.records("reply")
    assert not list(asked.calls_dir.iterdir())


async def test_hanging_up_while_speaking_counts_as_far_as_it_was_spoken(asked, caller, say):
    await asked.phone(caller(*ASKED, "1", messages=[say(3)], hang_up_in_recording=True))
    (record,) = asked.records("reply")
    assert record["recording"]["duration_ms"] == 3000


async def test_question_that_cannot_be_read_out_is_said_to_be_in_the_message(asked, caller):
    async def none(*_: object) -> None:
        return None

    asked.line = replace(asked.line, read_out=none)
    citizen = caller(*ASKED, "1", "1")
    await asked.phone(citizen)
    assert fa(prompts.FOLLOWUP_QUESTION_UNHEARD) in citizen.heard
    assert len(asked.records("reply")) == 1


async def test_zero_at_a_question_asks_for_a_callback_about_the_case(asked, caller):
    await asked.phone(caller(*ASKED, "0", "1", "1"))
    (wish,) = asked.records("callback_wish")
    assert wish["intake_id"] == str(CASE)
    assert not asked.records()


async def die_while_it_is_confirmed(node, caller, say):
    citizen = caller(*ASKED, "1", messages=[say(4)])
    collect = citizen.collect

    async def dying(sounds, keys, seconds):
        if sounds and sounds[0].parts[-1] == "confirm_message":
            raise AsteriskLost
        return await collect(sounds, keys, seconds)

    citizen.collect = dying
    with pytest.raises(AsteriskLost):
        await node.phone(citizen)
    assert not node.records("reply")


async def test_another_process_finishes_and_confirms_what_was_spoken(asked, caller, say):
    await die_while_it_is_confirmed(asked, caller, say)
    citizen = caller()
    await asked.phone(citizen)
    assert fa(prompts.FOLLOWUP_REPLIED) in citizen.heard
    assert [record["recording"]["duration_ms"] for record in asked.records("reply")] == [4000]
    assert rescue_orphans(asked.drafts, asked.desk, 0) == 0
