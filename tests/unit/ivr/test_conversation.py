"""The conversation as the caller has it: what keys do at each question, and that it always ends."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ivr.callers import NATIONAL, code_told


async def test_whole_call_opens_a_case_and_tells_its_code_twice(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "1", "2")
    call = await node.phone(citizen)
    (intake,) = node.records()
    assert code_told(citizen.heard) == [intake["tracking_code"]] * 2
    assert intake["kind"] == "request"
    assert intake["province"] == "23"
    assert intake["recording"]["duration_ms"] == 4000
    assert node.opened(intake) == {
        "identifier_kind": "national_id", "identifier": NATIONAL,
        "contact_number": "+982188554433", "caller_number": "+982188554433",
    }  # fmt: skip
    assert call.outcome == "case"
    assert citizen.variables["LINE111_DONE"] == "1"
    assert not list((node.spool.folder / "drafts").iterdir())


async def test_nine_chooses_english_for_everything_that_follows(node, caller):
    citizen = caller("9", "3", *[""] * 20)
    await node.phone(citizen)
    assert citizen.heard[0] == "fa/system/welcome"
    assert "en/menu/main" in citizen.heard
    assert not [sound for sound in citizen.heard[3:] if sound.startswith("fa/")]


async def test_nine_pressed_after_the_greeting_was_heard_out_still_chooses_english(node, caller):
    citizen = caller("", "9", "3", *[""] * 20)
    await node.phone(citizen)
    assert citizen.heard[3:5] == ["fa/menu/main", "en/menu/main"]


async def test_key_pressed_in_the_greeting_chooses_from_the_main_menu(node, caller):
    citizen = caller("1", "3", NATIONAL, "1", "1", "2")
    await node.phone(citizen)
    assert node.records()[0]["kind"] == "report"


async def test_keys_typed_ahead_during_a_prompt_are_not_lost(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "2", interrupts=["1"])
    await node.phone(citizen)  # the interrupting 1, pressed into the thanks, answers the next question
    assert node.opened(node.records()[0])["contact_number"] == "+982188554433"
    assert "fa/contact/offer_caller_id" not in citizen.heard


async def test_star_repeats_a_menu(node, caller):
    citizen = caller("", "*", "*", "1", "hang up")
    await node.phone(citizen)
    assert citizen.heard.count("fa/menu/main") == 3


async def test_silence_gets_two_gentle_repeats_then_an_agent_then_goodbye(node, caller):
    citizen = caller()
    call = await node.phone(citizen)
    assert citizen.heard.count("fa/menu/main") == 3
    assert citizen.heard.count("fa/system/no_choice") >= 2
    assert "fa/identity/ask" in citizen.heard
    assert citizen.heard[-1] == "fa/identity/goodbye"
    assert call.outcome == "goodbye"
    assert citizen.variables["LINE111_DONE"] == "1"


async def test_wrong_keys_get_two_gentle_repeats(node, caller):
    citizen = caller("", "7", "8", "6", "hang up")
    await node.phone(citizen)
    assert citizen.heard.count("fa/system/invalid_choice") == 2


async def test_zero_leads_to_an_agent_and_honest_words_where_none_is_there(node, caller):
    citizen = caller("", "0", NATIONAL, "1", "1", "1", "2")
    await node.phone(citizen)
    assert "fa/system/agent_unavailable" in citizen.heard
    (intake,) = node.records()
    assert intake["ended_by"] == "agent_unavailable"
    assert intake["kind"] == "request"


async def test_guidance_without_an_agent_can_become_a_callback(node, caller):
    citizen = caller("", "4", NATIONAL, "2", "1", "3")
    await node.phone(citizen)
    (intake,) = node.records()
    assert intake["kind"] == "guidance"
    assert intake["callback"] == {"wished": "tomorrow"}
    assert intake["recording"] is None
    assert "fa/callback/registered" in citizen.heard
    assert len(code_told(citizen.heard)) == 2


async def test_five_registers_a_callback_only(node, caller):
    call = await node.phone(caller("", "5", NATIONAL, "1", "3"))
    (intake,) = node.records()
    assert intake["callback"] == {"wished": "tomorrow"}
    assert call.outcome == "callback"


async def test_callback_wished_after_the_code_is_a_record_of_its_own(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "1", "1", "3")
    await node.phone(citizen)
    (intake,) = node.records()
    (wish,) = node.records("callback_wish")
    assert wish["intake_id"] == intake["record_id"]
    assert wish["wished"] == "tomorrow"
    assert intake["record_id"] < wish["record_id"]


KEYS = st.text("0123456789*#", max_size=13)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(
        st.one_of(KEYS, st.sampled_from(["1", "2", "4", "0", "*", NATIONAL, "hang up"])), max_size=60
    ),
    interrupts=st.lists(st.sampled_from("0123456789*#"), max_size=20),
    spoken=st.lists(st.sampled_from([0.0, 0.5, 2.0, 4.0]), max_size=6),
    number=st.sampled_from([None, "+982188554433", "+989121234567"]),
)
async def test_whatever_keys_are_pressed_the_call_comes_to_an_end(
    make_node, caller, say, keys, interrupts, spoken, number
):
    node = make_node()
    citizen = caller(*keys, messages=[say(seconds) for seconds in spoken], interrupts=interrupts)
    async with asyncio.timeout(20):
        call = await node.phone(citizen, number=number)
    (report,) = node.records("call_report")
    intakes = node.records()
    assert len(intakes) <= 1
    assert report["outcome"] == call.outcome
    if report["code_told"]:
        assert len(intakes) == 1
    assert citizen.hung_up or citizen.variables.get("LINE111_DONE") == "1"
    assert not list((node.spool.folder / "drafts").iterdir())
