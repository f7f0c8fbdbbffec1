"""The conversation as the caller has it: what is asked, what keys do, what becomes of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.agi.session import AsteriskLost
from ivr.durable import SpoolFull
from ivr.line import BridgeAway, Followed
from persian.identifiers import IdentifierKind, is_valid_identifier, sample_identifier
from persian.tracking_code import make_tracking_code

NATIONAL = sample_identifier("national_id", 3)
FOREIGN = sample_identifier("foreign_resident", 3)
LEGAL = "10380284790"
CODE = make_tracking_code(1000)


def code_told(heard: list[str], language: str = "fa") -> list[str]:
    """The digits told after the code's introduction, once for each time it was told."""
    told: list[str] = []
    for sound in heard:
        if sound in (f"{language}/code/told_intro", f"{language}/code/repeat_intro"):
            told.append("")
        elif sound.startswith(f"{language}/digits/") and told:
            told[-1] += sound[-1]
        elif told and "silence" not in sound and "code/" not in sound:
            break
    return told


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


@pytest.mark.parametrize(
    ("keyed", "kind", "identifier"),
    [
        ([NATIONAL], "national_id", NATIONAL),
        (["*" + FOREIGN], "foreign_resident", FOREIGN),
        ([LEGAL], "legal_person", LEGAL),
        (["*", NATIONAL], "national_id", NATIONAL),
        (["1234567890", "", NATIONAL], "national_id", NATIONAL),
        (["123", "", NATIONAL], "national_id", NATIONAL),
    ],
)
async def test_identifiers_of_each_kind_are_accepted(node, caller, keyed, kind, identifier):
    await node.phone(caller("", "1", "2", *keyed, "1", "1", "2"))
    opened = node.opened(node.records()[0])
    assert (opened["identifier_kind"], opened["identifier"]) == (kind, identifier)


async def test_legal_person_whose_first_ten_digits_are_a_national_id_is_understood(node, caller):
    longer = next(
        text
        for number in range(10**6)
        if is_valid_identifier(IdentifierKind.LEGAL_PERSON, text := f"14{number:09d}")
        and is_valid_identifier(IdentifierKind.NATIONAL_ID, text[:10])
    )
    citizen = caller("", "1", "2", longer[:10], "1", "1", "2", interrupts=[longer[10]])
    await node.phone(citizen)
    assert node.opened(node.records()[0])["identifier"] == longer


async def test_no_service_without_a_valid_identifier_after_three_tries(node, caller):
    citizen = caller("", "1", "2", "1111111111", "", "123", "9999999999", "")
    call = await node.phone(citizen)
    assert citizen.heard.count("fa/identity/wrong") == 2
    assert citizen.heard.count("fa/identity/last_try") == 1
    assert citizen.heard[-1] == "fa/identity/goodbye"
    assert not node.records()
    assert call.outcome == "goodbye"


async def test_another_number_is_keyed_in_and_read_back(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "2", "12#", "09121234567#", "1", "2")
    await node.phone(citizen)
    opened = node.opened(node.records()[0])
    assert opened["contact_number"] == "+989121234567"
    assert opened["caller_number"] == "+982188554433"
    assert citizen.heard.count("fa/contact/wrong") == 1
    assert "fa/contact/read_back" in citizen.heard


async def test_caller_with_a_withheld_number_is_asked_for_one(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "02188554433#", "1", "2")
    await node.phone(citizen, number=None)
    assert "fa/contact/offer_caller_id" not in citizen.heard
    assert node.opened(node.records()[0])["contact_number"] == "+982188554433"


async def test_mobile_caller_chooses_the_province_from_a_list_of_pages(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "9", "2", "1", "2")
    await node.phone(citizen, number="+989121234567")
    assert node.records()[0]["province"] == "11"
    assert citizen.heard.count("fa/menu/province") == 1


async def test_caller_who_names_no_province_is_served_all_the_same(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "", "", "", "1", "2")
    await node.phone(citizen, number="+989121234567")
    assert node.records()[0]["province"] is None


async def test_message_can_be_heard_recorded_again_and_gone_on_with(node, caller, say):
    messages = [say(9), say(2), say(3)]
    citizen = caller("", "1", "2", NATIONAL, "1", "2", "3", "4", "1", "2", messages=messages)
    await node.phone(citizen)
    (intake,) = node.records()
    assert intake["recording"]["duration_ms"] == 5000
    sound = node.calls_dir / intake["recording"]["file"]
    assert sound.read_bytes() == say(2) + say(3)
    assert any("take01-part01" in heard for heard in citizen.heard)


async def test_message_without_speech_is_asked_for_again(node, caller, say, say_nothing):
    citizen = caller("", "1", "2", NATIONAL, "1", "1", "2", messages=[say_nothing(7), say(4)])
    await node.phone(citizen)
    assert citizen.heard.count("fa/message/too_short") == 1
    assert len(node.records()) == 1


async def test_silence_at_the_question_confirms_a_spoken_message(node, caller):
    await node.phone(caller("", "1", "2", NATIONAL, "1", "", "", ""))
    assert node.records()[0]["ended_by"] == "confirmed"


@pytest.mark.parametrize(("seconds", "cases"), [(3.2, 1), (2.5, 0)])
async def test_hanging_up_after_three_seconds_of_speech_makes_a_case(node, caller, say, seconds, cases):
    citizen = caller("", "1", "2", NATIONAL, "1", messages=[say(seconds)], hang_up_in_recording=True)
    await node.phone(citizen)
    assert [record["ended_by"] for record in node.records()] == ["hangup"] * cases
    assert len(list(node.calls_dir.iterdir())) == cases
    assert not list((node.spool.folder / "drafts").iterdir())


async def test_hanging_up_after_silence_makes_no_case(node, caller, say_nothing):
    citizen = caller("", "1", "2", NATIONAL, "1", messages=[say_nothing(20)], hang_up_in_recording=True)
    await node.phone(citizen)
    assert not node.records()


async def test_hanging_up_at_the_confirmation_makes_a_case(node, caller):
    await node.phone(caller("", "1", "2", NATIONAL, "1", "hang up"))
    assert node.records()[0]["ended_by"] == "hangup"


async def test_report_tells_the_way_of_the_call_without_the_callers_identity(node, caller):
    await node.phone(caller("", "1", "2", NATIONAL, "2", "09121234567#", "1", "2"))
    (report,) = node.records("call_report")
    text = str(report)
    assert NATIONAL not in text
    assert "9121234567" not in text
    assert {"main", "identity", "message"} <= {step["step"] for step in report["journal"]}
    assert report["code_told"]
    assert report["intake_id"] == node.records()[0]["record_id"]


async def test_full_disk_is_said_in_clear_words_and_no_code_is_told(node, caller, monkeypatch):
    def full(*_args: object) -> None:
        raise SpoolFull("no room")

    monkeypatch.setattr("ivr.steps.message.require_room", full)
    citizen = caller("", "1", "2", NATIONAL, "1")
    await node.phone(citizen)
    assert citizen.heard[-1] == "fa/system/disk_full"
    assert not code_told(citizen.heard)
    assert "disk_full" in node.events


async def test_message_that_could_not_be_written_whole_has_no_code(node, caller, monkeypatch):
    def full(*_args: object, **_options: object) -> None:
        raise SpoolFull("no room")

    monkeypatch.setattr(node.spool, "put", full)
    citizen = caller("", "1", "2", NATIONAL, "1", "1", "2")
    await node.phone(citizen)
    assert not code_told(citizen.heard)
    assert citizen.heard[-1] == "fa/system/disk_full"


async def test_message_is_kept_and_honest_words_said_when_no_code_is_left(node, caller):
    node.codes.take(1000)
    citizen = caller("", "1", "2", NATIONAL, "1", "1", "2")
    await node.phone(citizen)
    assert "fa/code/later" in citizen.heard
    assert not code_told(citizen.heard)
    (path,) = node.spool.waiting_for_code()
    assert node.spool.add_code(path, CODE).parent == node.spool.incoming
    assert node.records()[0]["tracking_code"] == CODE


async def test_lost_connection_leaves_the_draft_for_who_comes_next(node, caller, monkeypatch):
    citizen = caller("", "1", "4", NATIONAL, "1")

    async def breaks(*_args: object, **_options: object) -> None:
        raise AsteriskLost("gone")

    monkeypatch.setattr(citizen, "record", breaks)
    with pytest.raises(AsteriskLost):
        await node.phone(citizen)
    assert not node.records()
    other = caller("1", "2")
    call = await node.phone(other)
    (intake,) = node.records()
    assert intake["kind"] == "idea"
    assert node.opened(intake)["identifier"] == NATIONAL
    assert "fa/identity/ask" not in other.heard
    assert other.heard[0] == "fa/system/technical_pause"
    assert call.told


async def test_durable_intake_has_its_code_told_again_and_is_not_made_twice(node, caller, monkeypatch):
    citizen = caller("", "1", "4", NATIONAL, "1", "1")

    async def breaks(*_args: object, **_options: object) -> str:
        if any("told_intro" in str(sound) for sound in _args[0]):
            raise AsteriskLost("gone")
        return ""

    monkeypatch.setattr(citizen, "play", breaks)
    with pytest.raises(AsteriskLost):
        await node.phone(citizen)
    (intake,) = node.records()
    other = caller()
    await node.phone(other)
    assert code_told(other.heard) == [intake["tracking_code"]] * 2
    assert len(node.records()) == 1


async def test_follow_up_reads_out_kind_date_and_status(node, caller):
    citizen = caller("", "3", CODE, NATIONAL)
    call = await node.phone(citizen)
    assert node.questions == [(CODE, "national_id", NATIONAL)]
    for sound in ("followup/kind_is", "kind/complaint", "status/registered", "followup/no_reply"):
        assert f"fa/{sound}" in citizen.heard
    assert "fa/months_jalali/8" in citizen.heard
    assert call.outcome == "followed_up"


async def test_last_reply_is_read_out(node, caller):
    reply = SimpleNamespace(
        text="The lamp is mended.", language="en", at=datetime(2026, 11, 22, tzinfo=UTC),
        answer_id=None, recording_id=None,
    )  # fmt: skip
    node.followed = Followed("complaint", datetime(2026, 11, 20, tzinfo=UTC), "answered", reply, True)
    citizen = caller("9", "3", CODE, NATIONAL)
    await node.phone(citizen)
    assert "en/followup/callback_waiting" in citizen.heard
    assert citizen.heard[citizen.heard.index("en/followup/last_reply") + 1].endswith("/reply")


async def test_follow_up_does_not_tell_which_of_code_and_identifier_was_wrong(node, caller):
    node.followed = None
    citizen = caller("", "3", *[CODE, NATIONAL] * 3)
    await node.phone(citizen)
    assert citizen.heard.count("fa/followup/not_found") == 3
    assert len(node.questions) == 3


async def test_follow_up_while_the_bridge_is_away_gets_honest_words(node, caller):
    node.followed = BridgeAway("down")
    citizen = caller("", "3", CODE, NATIONAL)
    await node.phone(citizen)
    assert "fa/system/try_again_later" in citizen.heard
    assert citizen.variables["LINE111_DONE"] == "1"


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
