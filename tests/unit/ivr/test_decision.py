"""The applicant's word on an answer: durable before it is confirmed, and said once."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebridge.intakes.schemas import ApplicantDecision, CallbackWish
from ivr import prompts
from ivr.agi.session import AsteriskLost
from ivr.call import Call
from ivr.conversation import converse
from ivr.decisions import decision_name
from ivr.durable import SpoolFull
from ivr.line import Followed
from ivr.rescue import rescue_orphans
from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code

CODE, IDENTIFIER = make_tracking_code(7), sample_identifier("national_id", 7)
OPENED = datetime(2026, 11, 20, tzinfo=UTC)
ANSWER = UUID("019a0000-0000-7000-8000-000000000006")
CASE = UUID("019a0000-0000-7000-8000-000000000005")
VOICE = UUID("019a0000-0000-7000-8000-000000000007")
ASKED = ("", "3", CODE, IDENTIFIER)


def fa(prompt: str) -> str:
    return f"fa/{prompt}"


@pytest.fixture
def answered(node):
    """A node whose bridge knows an answer the applicant has not decided about."""
    node.followed = followed()
    return node


def followed(*, status: str = "answered", voice: UUID | None = None) -> Followed:
    reply = SimpleNamespace(
        text="we have mended it", language="en", at=OPENED, answer_id=ANSWER, recording_id=voice
    )
    return Followed("complaint", OPENED, status, reply, False, CASE)


async def test_one_accepts_the_answer_and_is_confirmed(answered, caller):
    citizen = caller(*ASKED, "1")
    call = await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert (record["accepted"], record["tracking_code"], record["answer_id"]) == (True, CODE, str(ANSWER))
    assert record["recording"] is None
    assert answered.opened(record) == {
        "identifier_kind": "national_id", "identifier": IDENTIFIER,
        "contact_number": None, "caller_number": "+982188554433",
    }  # fmt: skip
    assert fa(prompts.FOLLOWUP_ACCEPTED) in citizen.heard
    assert call.outcome == "followed_up"
    assert not list((answered.spool.folder / "drafts").iterdir())
    assert ApplicantDecision.model_validate_json(ApplicantDecision.model_validate(record).model_dump_json())


async def test_two_objects_with_a_reason_that_is_kept_as_a_recording(answered, caller, say):
    citizen = caller(*ASKED, "2", "1", messages=[say(4)])
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert record["accepted"] is False
    assert record["recording"]["duration_ms"] == 4000
    assert record["recording"]["speaker"] == "applicant"
    assert (answered.calls_dir / record["recording"]["file"]).stat().st_size == 32_000
    order = [fa(p) for p in (prompts.FOLLOWUP_OBJECTION_REASON, prompts.BEEP, prompts.FOLLOWUP_OBJECTED)]
    assert [sound for sound in citizen.heard if sound in order] == order
    ApplicantDecision.model_validate(record)


async def test_reason_can_be_heard_recorded_again_and_gone_on_with(answered, caller, say):
    citizen = caller(*ASKED, "2", "3", "2", "4", "1", messages=[say(9), say(2), say(3)])
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert record["recording"]["duration_ms"] == 5000


async def test_pound_at_once_objects_without_a_reason(answered, caller):
    citizen = caller(*ASKED, "2", messages=[b""])
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert (record["accepted"], record["recording"]) == (False, None)
    assert fa(prompts.MENU_CONFIRM_MESSAGE) not in citizen.heard
    assert fa(prompts.FOLLOWUP_OBJECTED) in citizen.heard
    assert not list(answered.calls_dir.iterdir())


@pytest.mark.parametrize(("seconds", "kept"), [(0.0, None), (3.0, 3000)])
async def test_hanging_up_after_two_is_an_objection_with_what_was_said(answered, caller, say, seconds, kept):
    citizen = caller(*ASKED, "2", messages=[say(seconds)], hang_up_in_recording=True)
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert record["accepted"] is False
    assert (record["recording"] or {}).get("duration_ms") == kept
    assert answered.records("call_report")[0]["outcome"] == "followed_up"


async def test_star_plays_the_answer_again(answered, caller):
    citizen = caller(*ASKED, "*", "*", "1")
    await answered.phone(citizen)
    assert len([sound for sound in citizen.heard if sound.endswith("/reply")]) == 3
    assert len(answered.records("decision")) == 1


async def test_zero_asks_for_a_callback_about_the_case_and_decides_nothing(answered, caller):
    citizen = caller(*ASKED, "0", "1", "1")
    await answered.phone(citizen)
    assert citizen.heard.count(fa(prompts.IDENTITY_ASK)) == 1
    (wish,) = answered.records("callback_wish")
    assert (wish["intake_id"], wish["wished"]) == (str(CASE), "asap")
    assert CallbackWish.model_validate(wish)
    assert fa(prompts.CALLBACK_REGISTERED) in citizen.heard
    assert not answered.records("decision")
    assert not answered.records()  # no other case


async def test_zero_then_silence_wishes_nothing(answered, caller):
    citizen = caller(*ASKED, "0")
    await answered.phone(citizen)
    assert fa(prompts.AGENT_UNAVAILABLE) in citizen.heard
    assert not answered.records("callback_wish")


async def test_who_waits_for_a_callback_already_is_told_so_after_zero(answered, caller):
    answered.followed = replace(answered.followed, callback_waiting=True)
    citizen = caller(*ASKED, "0", "1", "1")
    await answered.phone(citizen)
    assert citizen.heard.count(fa(prompts.FOLLOWUP_CALLBACK_WAITING)) == 2
    assert not answered.records("callback_wish")


async def test_zero_while_the_reason_is_confirmed_leaves_the_objection_standing(answered, caller, say):
    citizen = caller(*ASKED, "2", "0", "hang up", messages=[say(4)])
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert record["recording"]["duration_ms"] == 4000
    assert citizen.heard.index(fa(prompts.FOLLOWUP_OBJECTED)) < citizen.heard.index(
        fa(prompts.AGENT_UNAVAILABLE)
    )


async def test_silence_decides_nothing_and_says_so(answered, caller):
    citizen = caller(*ASKED)
    call = await answered.phone(citizen)
    assert fa(prompts.FOLLOWUP_DECIDE_LATER) in citizen.heard
    assert not answered.records("decision")
    assert call.outcome == "followed_up"


@pytest.mark.parametrize("status", ["registered", "in_hand", "accepted", "second_review", "closed"])
async def test_only_an_answer_that_waits_for_a_word_is_asked_about(node, caller, status):
    node.followed = followed(status=status)
    citizen = caller(*ASKED, "1")
    await node.phone(citizen)
    assert fa(prompts.FOLLOWUP_DECIDE) not in citizen.heard
    assert not node.records("decision")


async def test_keys_pressed_before_the_answer_decide_nothing(answered, caller):
    citizen = caller(*ASKED, interrupts=["", "1"])  # the 1 cuts the status short
    await answered.phone(citizen)
    assert any(sound.endswith("/reply") for sound in citizen.heard)
    assert not answered.records("decision")


async def test_the_officials_own_voice_is_played_and_stays_on_no_disk(node, caller):
    node.followed = followed(voice=VOICE)
    citizen = caller(*ASKED, "1")
    await node.phone(citizen)
    assert next(sound for sound in citizen.heard if sound.endswith(("/voice", "/reply"))).endswith("/voice")
    assert not [*node.calls_dir.rglob("*")]


async def test_text_is_spoken_where_the_voice_cannot_be_had(node, caller):
    async def none(*_: object) -> None:
        return None

    node.followed = followed(voice=VOICE)
    node.line = replace(node.line, fetch_voice=none)
    citizen = caller(*ASKED, "1")
    await node.phone(citizen)
    assert any(sound.endswith("/reply") for sound in citizen.heard)


async def test_decision_is_in_the_spool_before_it_is_confirmed(answered, caller):
    citizen = caller(*ASKED, "1")
    play, seen = citizen.play, []

    async def watched(sounds):
        if sounds[0].parts[-2:] == ("followup", "accepted"):
            seen.append(len(answered.records("decision")))
        return await play(sounds)

    citizen.play = watched
    await answered.phone(citizen)
    assert seen == [1]


async def test_full_disk_confirms_nothing(answered, caller, monkeypatch):
    def full(_record):
        raise SpoolFull("no room")

    monkeypatch.setattr(answered.spool, "put", full)
    citizen = caller(*ASKED, "1")
    await answered.phone(citizen)
    assert fa(prompts.FOLLOWUP_ACCEPTED) not in citizen.heard
    assert fa(prompts.DISK_FULL) in citizen.heard
    monkeypatch.undo()
    assert rescue_orphans(answered.drafts, answered.desk, 0) == 1
    assert len(answered.records("decision")) == 1


async def test_no_room_for_the_reason_still_takes_the_objection(answered, caller, monkeypatch):
    def full(*_: object):
        raise SpoolFull("no room")

    monkeypatch.setattr("ivr.steps.message.require_room", full)
    citizen = caller(*ASKED, "2")
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert record["accepted"] is False
    assert fa(prompts.FOLLOWUP_OBJECTED) in citizen.heard
    assert "disk_full" in answered.events


class Lost(AsteriskLost):
    """As if the process that leads the call were gone."""


async def leave_in_the_middle(node, caller, say):
    """The process dies while the reason is being confirmed."""
    citizen = caller(*ASKED, "2", messages=[say(4)])
    collect = citizen.collect

    async def dying(sounds, keys, seconds):
        if sounds and sounds[0].parts[-1] == "confirm_message":
            raise Lost
        return await collect(sounds, keys, seconds)

    citizen.collect = dying
    with pytest.raises(Lost):
        await node.phone(citizen)
    assert not node.records("decision")


async def test_another_process_finishes_and_confirms_what_was_pressed(answered, caller, say):
    await leave_in_the_middle(answered, caller, say)
    citizen = caller()
    await answered.phone(citizen)
    (record,) = answered.records("decision")
    assert record["recording"]["duration_ms"] == 4000
    assert fa(prompts.FOLLOWUP_OBJECTED) in citizen.heard
    assert fa(prompts.MENU_MAIN) not in citizen.heard
    assert rescue_orphans(answered.drafts, answered.desk, 0) == 0


async def test_sweep_finishes_what_nobody_takes_over_once(answered, caller, say):
    await leave_in_the_middle(answered, caller, say)
    name = decision_name("n1-1764.5")
    for path in [*(answered.spool.folder / "drafts").iterdir(), *(answered.calls_dir / name).iterdir()]:
        os.utime(path, (1, 1))
    assert rescue_orphans(answered.drafts, answered.desk, 3) == 1
    assert rescue_orphans(answered.drafts, answered.desk, 0) == 0
    (record,) = answered.records("decision")
    assert record["recording"]["duration_ms"] == 4000
    assert not answered.records()
    assert {r["call_id"] for r in answered.records("call_report")} <= {"n1-1764.5"}


def test_finishing_twice_makes_the_very_same_record(answered):
    desk = answered.line.decisions
    held = desk.begin(
        "n1-1", language="fa", tracking_code=CODE, answer_id=str(ANSWER), sealed="c2VhbGVk", accepted=True
    )
    first = desk.finish(held)
    held.draft.durable = False  # killed between spool and draft
    assert desk.finish(held) == first
    assert len(answered.records("decision")) == 1


KEYS = st.sampled_from(["1", "2", "3", "4", "0", "*", "7", "", "hang up"])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(KEYS, max_size=12),
    interrupts=st.lists(st.sampled_from(["", "1", "2", "*", "5"]), max_size=12),
    spoken=st.lists(st.sampled_from([0.0, 0.5, 2.0]), max_size=4),
)
async def test_whatever_is_pressed_there_is_at_most_one_decision_and_it_is_confirmed(
    make_node, caller, say, keys, interrupts, spoken
):
    node = make_node()
    node.followed = followed()
    citizen = caller(*ASKED, *keys, interrupts=[*interrupts], messages=[say(one) for one in spoken])
    call = Call(node.line, citizen, node.menu, "n1-9.9", None)
    await converse(call)
    made = node.records("decision")
    told = {fa(prompts.FOLLOWUP_ACCEPTED), fa(prompts.FOLLOWUP_OBJECTED)} & {*citizen.heard}
    assert len(made) <= 1
    assert not told or made
    assert made == [] or told or citizen.hung_up
    assert not list((node.spool.folder / "drafts").glob("*.json"))
