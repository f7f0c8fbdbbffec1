"""Codes told = cases, each once, audio whole: whatever is killed, whatever is away."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.codes import CodeBlock
from ivr.kill_points import KillPoint
from line111.sealing import unseal
from line111.secrets import read_secret
from persian.identifiers import sample_identifier
from tests.integration.ivr.conftest import CASE, NATIONAL_ID, SPEECH
from tests.waiting import wait_for

IN_THE_FORWARDER = {KillPoint.RECORD_POSTED, KillPoint.AUDIO_DELIVERED}


@pytest.mark.chaos
@pytest.mark.parametrize("point", [each for each in KillPoint if each not in IN_THE_FORWARDER])
def test_ivr_killed_between_any_two_steps_tells_codes_of_cases_alone(ivr_node, point):
    ivr_node.add_codes("ivr")
    ivr_node.add_codes("emergency")
    ivr_node.start(kill_at=point)
    call = ivr_node.call()
    assert ivr_node.was_killed
    (intake,) = ivr_node.records("intake")
    assert set(call.codes_told) == {intake["tracking_code"]}
    assert call.done
    opened = unseal(intake["sealed"], read_secret(ivr_node.settings, "sealing_private"))
    assert opened["identifier"] == NATIONAL_ID
    assert hashlib.sha256(SPEECH).hexdigest() == intake["recording"]["sha256"]
    assert (ivr_node.settings.calls_dir / intake["recording"]["file"]).read_bytes() == SPEECH
    assert any(report["code_told"] for report in ivr_node.records("call_report"))
    if point in _AFTER_THE_WISH:
        (wish,) = ivr_node.records("callback_wish")
        assert wish["wished"] == "tomorrow"
        assert "callback/registered" in call.heard or point is KillPoint.CALL_REPORTED
    assert call.heard.count("identity/ask") <= (2 if point in _BEFORE_IDENTITY else 1)


_BEFORE_IDENTITY = {
    KillPoint.ANSWERED, KillPoint.GREETED, KillPoint.MENU_CHOSEN, KillPoint.KIND_CHOSEN,
}  # fmt: skip
_AFTER_THE_WISH = {
    KillPoint.CALLBACK_CHOSEN, KillPoint.CALLBACK_SPOOLED, KillPoint.BEFORE_GOODBYE, KillPoint.CALL_REPORTED,
}  # fmt: skip


ONLY_A_CALLBACK = CASE | {"menu/main": "5"}


@pytest.mark.chaos
@pytest.mark.parametrize("point", [KillPoint.CALLBACK_CHOSEN, KillPoint.CODE_TOLD_ONCE])
def test_callback_alone_is_registered_once_though_ivr_is_killed(ivr_node, point):
    ivr_node.add_codes("ivr")
    ivr_node.add_codes("emergency")
    ivr_node.start(kill_at=point)
    call = ivr_node.call(answers=ONLY_A_CALLBACK)
    assert ivr_node.was_killed
    (intake,) = ivr_node.records("intake")
    assert intake["callback"] == {"wished": "tomorrow"}
    assert intake["recording"] is None
    assert not ivr_node.records("callback_wish")
    assert set(call.codes_told) == {intake["tracking_code"]}
    assert "callback/registered" in call.heard
    assert not any("record" in heard for heard in call.heard if heard.startswith("message/"))
    assert call.done


@pytest.mark.chaos
def test_whoever_asks_for_an_answer_when_ivr_is_killed_is_not_left_in_silence(ivr_node):
    ivr_node.add_codes("emergency")
    ivr_node.start(kill_at=KillPoint.MENU_CHOSEN)
    call = ivr_node.call(answers=CASE | {"menu/main": "3"})
    assert ivr_node.was_killed
    assert call.done
    assert set(call.codes_told) == {ivr_node.records("intake")[0]["tracking_code"]}


@pytest.mark.chaos
def test_yes_to_a_callback_counts_though_the_call_is_lost_before_its_time_is_chosen(ivr_node):
    ivr_node.add_codes("ivr")
    ivr_node.start()
    call = ivr_node.call(hang_up_at="menu/callback_time")
    assert call.hung_up
    wait_for(lambda: ivr_node.records("callback_wish"))
    (wish,) = ivr_node.records("callback_wish")
    assert wish["wished"] == "asap"


@pytest.mark.chaos
def test_english_chosen_before_the_identity_is_kept_when_ivr_is_killed(ivr_node):
    ivr_node.add_codes("emergency")
    ivr_node.start(kill_at=KillPoint.GREETED)
    call = ivr_node.call(answers=CASE | {"system/language_en": "9"})
    assert ivr_node.was_killed
    after = call.heard.index("system/technical_pause")
    assert set(call.spoken[after:]) == {"en"}
    assert call.heard.count("system/language_en") == 1
    assert ivr_node.records("intake")[0]["language"] == "en"


def test_next_host_goes_on_in_the_language_that_was_chosen_at_the_one_before(ivr_node):
    ivr_node.add_codes("ivr")
    ivr_node.start()
    call = ivr_node.call(language="en")
    assert set(call.spoken) == {"en"}
    assert ivr_node.records("intake")[0]["language"] == "en"


def test_emergency_script_says_that_it_records_and_how_to_be_heard(ivr_node):
    ivr_node.add_codes("emergency")
    call = ivr_node.call()
    told = ["system/recording_notice", "system/language_en", "identity/ask", "identity/legal_or_foreign"]
    assert call.heard[1:5] == told
    assert set(call.spoken) == {"fa"}


def test_nine_is_english_where_no_ivr_was_ever_reached(ivr_node):
    ivr_node.add_codes("emergency")
    call = ivr_node.call(answers=CASE | {"system/language_en": "9"})
    assert set(call.spoken[3:]) == {"en"}
    assert call.language == "en"
    (intake,) = ivr_node.records("intake")
    assert intake["language"] == "en"
    assert ivr_node.records("call_report")[0]["language"] == "en"


def test_first_digit_pressed_during_the_greeting_belongs_to_the_identifier(ivr_node):
    ivr_node.add_codes("emergency")
    company = "10380284790"
    call = ivr_node.call(answers={"system/language_en": company[0]}, ahead=company[1:])
    assert "identity/ask" not in call.heard
    assert len(ivr_node.records("intake")) == 1


@pytest.mark.chaos
def test_codes_told_are_cases_after_every_process_was_killed(ivr_node, start_bridge):
    told: list[str] = []
    ivr_node.add_codes("emergency")
    bridge = start_bridge(ivr_node.settings)
    ivr_node.start()
    wait_for(lambda: ivr_node.health()["codes"] > 50)  # leased, as in production
    bridge.kill()
    told += ivr_node.call(1).codes_told
    told += ivr_node.call(2, CASE | {"identity/ask": sample_identifier("national_id", 12)}).codes_told
    ivr_node.end(signal.SIGKILL)
    bridge.start()
    for number, point in enumerate([*sorted(IN_THE_FORWARDER), KillPoint.CODE_TOLD_ONCE], start=3):
        ivr_node.start(kill_at=point)
        if point is KillPoint.CODE_TOLD_ONCE:
            told += ivr_node.call(number).codes_told
        assert ivr_node.was_killed
    ivr_node.start()
    told += ivr_node.call(9).codes_told
    wait_for(lambda: not ivr_node.spool.pending())
    codes = Counter(told)
    cases = asyncio.run(_cases(bridge))
    assert Counter(case.tracking_code for case in cases) == Counter(codes.keys())
    assert all(case.recording_seconds == 4 for case in cases)
    assert not ivr_node.spool.counts()["rejected"]
    wait_for(lambda: not list(ivr_node.settings.calls_dir.iterdir()))


async def _cases(bridge):
    async with bridge.client("operator") as client:
        return (await client.cases(limit="100")).items


def test_code_told_to_the_caller_survives_a_bridge_outage(ivr_node, start_bridge):
    ivr_node.add_codes("ivr")
    ivr_node.start()
    call = ivr_node.call()
    assert len(call.codes_told) == 2
    time.sleep(1)
    assert len(ivr_node.spool.pending()) == 3
    bridge = start_bridge(ivr_node.settings)
    wait_for(lambda: not [*ivr_node.spool.pending(), *ivr_node.spool.rejected.iterdir()], 25)
    (case,) = asyncio.run(_cases(bridge))
    assert case.tracking_code == call.codes_told[0]
    assert case.callback_state == "waiting"


def test_many_callers_at_once_get_codes_of_their_own(ivr_node):
    ivr_node.add_codes("ivr", 200)
    ivr_node.start()
    with ThreadPoolExecutor(20) as pool:
        calls = list(pool.map(ivr_node.call, range(60)))
    codes = [code for call in calls for code in set(call.codes_told)]
    assert len(codes) == len(set(codes)) == 60
    assert sorted(codes) == sorted(record["tracking_code"] for record in ivr_node.records("intake"))


def test_caller_who_hangs_up_after_speaking_has_a_case(ivr_node):
    ivr_node.add_codes("ivr")
    ivr_node.start()
    ivr_node.call(1, hang_up_at="record")
    ivr_node.call(2, hang_up_at="record", speech=SPEECH[:20_000])
    wait_for(lambda: len(ivr_node.records("call_report")) == 2)
    (intake,) = ivr_node.records("intake")
    assert intake["call_id"].endswith(".1")
    assert intake["ended_by"] == "hangup"


def test_emergency_script_keeps_what_a_caller_has_spoken_who_hangs_up(ivr_node):
    ivr_node.add_codes("emergency")
    call = ivr_node.call(hang_up_at="record")
    assert not call.codes_told
    (intake,) = ivr_node.records("intake")
    assert (intake["origin"], intake["ended_by"]) == ("emergency", "hangup")


def test_emergency_script_keeps_the_message_where_no_code_is_left(ivr_node):
    call = ivr_node.call()
    assert "code/later" in call.heard
    assert ivr_node.records("intake")[0]["tracking_code"] is None


def test_message_without_a_code_gets_one_when_the_bridge_is_back(ivr_node, start_bridge):
    ivr_node.call()
    bridge = start_bridge(ivr_node.settings)
    ivr_node.start()
    wait_for(lambda: not [*ivr_node.spool.waiting_for_code(), *ivr_node.spool.pending()])
    (case,) = asyncio.run(_cases(bridge))
    assert case.tracking_code
    assert case.kind == "unclassified"


def test_emergency_script_gives_no_service_without_an_identifier(ivr_node):
    ivr_node.add_codes("emergency")
    wrong = {"identity/legal_or_foreign": "1234567890", "identity/last_try": "1111111111"}
    call = ivr_node.call(answers=wrong)
    assert call.heard[-1] == "identity/goodbye"
    assert call.done
    assert not ivr_node.records("intake")


def test_orphaned_call_is_taken_in_when_ivr_comes_back(ivr_node):
    ivr_node.add_codes("ivr")
    ivr_node.start(kill_at=KillPoint.MESSAGE_RECORDED)
    call = ivr_node.call(hang_up_at="system/technical_pause")  # so that the emergency script does nothing
    assert call.hung_up
    ivr_node.start(IVR__ORPHAN_SECONDS="1")
    wait_for(lambda: ivr_node.records("intake"))


def test_stopped_service_hands_calls_back_and_gives_unused_codes_back(ivr_node):
    ivr_node.add_codes("ivr", 30)
    ivr_node.start(IVR__DRAIN_SECONDS="0.2")
    ivr_node.call()
    ivr_node.send(signal.SIGTERM)
    assert ivr_node.end(signal.SIGTERM) == 0
    assert CodeBlock(ivr_node.settings.spool_dir, "ivr").left() == 29
    assert "Traceback" not in ivr_node.log
