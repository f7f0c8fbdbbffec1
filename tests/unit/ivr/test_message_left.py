"""What a caller leaves becomes a case, whatever breaks off, and no code is told of what is not kept."""

from __future__ import annotations

import pytest

from ivr.agi.session import AsteriskLost
from ivr.durable import SpoolFull
from tests.unit.ivr.callers import CODE, NATIONAL, code_told


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
