"""Calls from the trunk to the dialplan, with a stand-in for the ivr that says what it was told."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

pytestmark = pytest.mark.pbx

Heard = dict[str, str]
STAND_IN = """#!/bin/sh
# A stand-in for the emergency script: leaves a mark, and ends regularly.
while read -r line && [ -n "$line" ]; do :; done
echo 'GET VARIABLE LINE111_CALL_ID'
read -r answer
echo "$answer" >> {mark}
echo 'SET VARIABLE LINE111_DONE 1'
read -r answer
"""
SILENCE = b"\xd5" * 8000
"""A second of A-law silence."""


@dataclass
class StandInIvr:
    """A FastAGI server that reads the environment, asks for variables and ends as told."""

    port: int
    ends: str = "regularly"
    """`regularly` (LINE111_DONE=1), or `dies`: the connection breaks after the environment."""
    asked: tuple[str, ...] = ("LINE111_CALL_ID", "CHANNEL(linkedid)", "CHANNEL(audionativeformat)")
    waits_for_a_key: bool = False
    calls: list[Heard] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard: Heard = {}
        while line := (await reader.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            heard[name] = value
        self.calls.append(heard)
        self.reached.set()
        if self.ends == "regularly":
            for name in self.asked:
                heard[name] = await self._say(reader, writer, f"GET FULL VARIABLE ${{{name}}}")
            if self.waits_for_a_key:
                heard["pressed"] = await self._say(reader, writer, "WAIT FOR DIGIT 10000", ends=("=", "\n"))
            await self._say(reader, writer, "SET VARIABLE LINE111_DONE 1")
        writer.close()

    async def _say(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        command: str,
        ends: tuple[str, str] = ("(", ")"),
    ) -> str:
        writer.write(command.encode() + b"\n")
        answer = (await reader.readline()).decode()
        return answer.partition(ends[0])[2].rpartition(ends[1])[0]


@asynccontextmanager
async def listening(ivr: StandInIvr) -> AsyncIterator[StandInIvr]:
    async with await asyncio.start_server(ivr.answer, "127.0.0.1", ivr.port):
        yield ivr


@pytest.fixture
def emergency_calls(asterisk) -> Callable[[], list[str]]:
    """Put the stand-in in the emergency script's place; tells the ids of the calls it took."""
    mark = asterisk.settings.spool_dir / "tmp" / "mark"
    mark.unlink(missing_ok=True)
    script = asterisk.settings.asterisk_dir / "agi-bin" / "emergency"
    script.write_text(STAND_IN.format(mark=mark))
    return lambda: mark.read_text().split("\n")[:-1] if mark.exists() else []


async def phone(pbx, scenario: str = "stay_until_bye", **options):
    return await asyncio.to_thread(pbx.call, scenario, **options)


async def test_call_from_the_trunk_reaches_the_ivr(asterisk):
    async with listening(StandInIvr(asterisk.settings.ivr.port)) as ivr:
        caller = await phone(asterisk)
    assert caller.code == 0, caller.said
    (heard,) = ivr.calls
    assert heard["agi_network_script"] == "citizen_line"
    assert heard["agi_callerid"] == "09121234567"
    assert heard["agi_language"] == "fa"
    assert heard["LINE111_CALL_ID"] == heard["CHANNEL(linkedid)"]
    assert heard["LINE111_CALL_ID"].startswith("test-")


async def test_call_is_answered_within_a_second_whatever_name_servers_do(asterisk):
    async with listening(StandInIvr(asterisk.settings.ivr.port)):
        caller = await phone(asterisk, calls=5, arguments=("-r", "5"))
    assert caller.code == 0, caller.said
    assert len(caller.milliseconds) == 5
    assert max(caller.milliseconds) < 1000


@pytest.mark.parametrize("number", ["111", "+98111", "98111", "0098111", "111;phone-context=+98"])
async def test_each_form_in_which_a_trunk_dials_the_line_is_answered(asterisk, number):
    async with listening(StandInIvr(asterisk.settings.ivr.port)) as ivr:
        caller = await phone(asterisk, number=number)
    assert caller.code == 0, caller.said
    assert len(ivr.calls) == 1


@pytest.mark.parametrize("number", ["112", "1111", "s", "citizen-line", "00442071838750", "%24%7BEXTEN%7D"])
async def test_no_other_number_is_answered(asterisk, number):
    caller = await phone(asterisk, "not_found", number=number)
    assert caller.code == 0, caller.said


@pytest.mark.parametrize("claimed", ["09121234567", "trunk"])
async def test_call_from_an_address_that_is_no_trunk_is_refused_whoever_it_claims_to_be(asterisk, claimed):
    caller = await phone(asterisk, "challenged", source="127.0.0.3", caller=claimed)
    assert caller.code == 0, caller.said


async def test_refused_calls_are_in_the_security_log(asterisk):
    await phone(asterisk, "challenged", source="127.0.0.3")
    log = (asterisk.settings.asterisk_dir / "log" / "security.log").read_text()
    assert "127.0.0.3" in log


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("%24%7BSHELL(id)%7D0912", "0912"),
        ("09%22%2C%60id%60%29%27%0D%0A12", "0912"),
        ("%2B989121234567", "+989121234567"),
        ("1" * 60, "1" * 20),
    ],
)
async def test_of_a_callers_number_only_digits_reach_the_ivr(asterisk, sent, kept):
    async with listening(StandInIvr(asterisk.settings.ivr.port)) as ivr:
        caller = await phone(asterisk, caller=sent)
    assert caller.code == 0, caller.said
    assert ivr.calls[0]["agi_callerid"] == kept


async def test_a_callers_name_reaches_nobody(asterisk):
    async with listening(StandInIvr(asterisk.settings.ivr.port)) as ivr:
        await phone(asterisk, name="${SHELL(id)} Zahra")
    assert "Zahra" not in json.dumps(ivr.calls)


async def test_alaw_is_agreed_on_even_where_the_caller_prefers_mulaw(asterisk):
    async with listening(StandInIvr(asterisk.settings.ivr.port)) as ivr:
        caller = await phone(asterisk, codecs="0 8 101")
    assert caller.code == 0, caller.said
    assert ivr.calls[0]["CHANNEL(audionativeformat)"] == "(alaw)"


async def test_key_pressed_by_the_caller_arrives_as_an_event(asterisk):
    async with listening(StandInIvr(asterisk.settings.ivr.port, waits_for_a_key=True)) as ivr:
        caller = await phone(asterisk, "press_one")
    assert caller.code == 0, caller.said
    assert ivr.calls[0]["pressed"] == str(ord("1"))


async def test_caller_whose_ivr_is_down_is_served_by_the_emergency_script(asterisk, emergency_calls):
    caller = await phone(asterisk)
    assert caller.code == 0, caller.said
    assert len(emergency_calls()) == 1


async def test_caller_whose_ivr_dies_in_the_call_goes_on_with_the_emergency_script(asterisk, emergency_calls):
    async with listening(StandInIvr(asterisk.settings.ivr.port, ends="dies")) as ivr:
        caller = await phone(asterisk)
    assert caller.code == 0, caller.said
    assert len(ivr.calls) == len(emergency_calls()) == 1


async def test_call_ended_regularly_by_the_ivr_is_not_given_to_the_emergency_script(
    asterisk, emergency_calls
):
    async with listening(StandInIvr(asterisk.settings.ivr.port)):
        caller = await phone(asterisk)
    assert caller.code == 0, caller.said
    assert emergency_calls() == []


async def test_caller_hears_honest_words_where_even_the_emergency_script_fails(asterisk):
    sound = asterisk.settings.sounds_dir / "fa" / "system" / "try_again_later.alaw"
    sound.parent.mkdir(parents=True, exist_ok=True)
    sound.write_bytes(SILENCE * 2)
    (asterisk.settings.asterisk_dir / "agi-bin" / "emergency").write_text("#!/bin/sh\nexit 1\n")
    caller = await phone(asterisk)
    assert caller.code == 0, caller.said
    assert _last_record(asterisk)["billsec"] >= 2


async def test_call_records_tell_when_and_how_long_but_not_who(asterisk):
    async with listening(StandInIvr(asterisk.settings.ivr.port)):
        await phone(asterisk, caller="09129998877")
    record = _last_record(asterisk)
    assert record["disposition"] == "ANSWERED"
    assert record["linkedid"].startswith("test-")
    log = asterisk.settings.asterisk_dir / "log"
    written = "".join(file.read_text() for file in log.rglob("*") if file.is_file())
    assert "09129998877" not in written + asterisk.log()


async def test_next_ivr_host_takes_the_call_where_the_first_is_down(make_asterisk):
    pbx = make_asterisk(start=False)
    port = pbx.settings.ivr.port
    pbx.settings.ivr.hosts = ["127.0.0.1:1", f"127.0.0.1:{port}"]
    pbx.start()
    async with listening(StandInIvr(port)) as ivr:
        caller = await phone(pbx)
    assert caller.code == 0, caller.said
    assert len(ivr.calls) == 1


async def test_no_more_calls_are_taken_than_there_are_rtp_ports(make_asterisk):
    pbx = make_asterisk(start=False)
    pbx.settings.sip.rtp_last = pbx.settings.sip.rtp_first + 3
    pbx.start()
    assert "of 2 max active calls" in pbx.cli("core show channels")


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_asterisk_ended_in_the_middle_of_a_call_answers_the_next_after_its_return(make_asterisk, end):
    pbx = make_asterisk()
    async with listening(StandInIvr(pbx.settings.ivr.port, waits_for_a_key=True)) as ivr:
        caller = pbx.phone("stay_until_bye", timeout=5)
        await asyncio.wait_for(ivr.reached.wait(), 20)
        began = time.monotonic()
        await asyncio.to_thread(getattr(pbx, end))
        assert time.monotonic() - began < 20
        await asyncio.to_thread(pbx.start)
        await asyncio.to_thread(caller.wait)
        shutil.rmtree(caller.args[-1])
    async with listening(StandInIvr(pbx.settings.ivr.port)):
        after = await phone(pbx)
    assert after.code == 0, after.said


def _last_record(pbx) -> dict[str, object]:
    file = pbx.settings.asterisk_dir / "log" / "cdr-custom" / "calls.json"
    return json.loads(file.read_text().splitlines()[-1])
