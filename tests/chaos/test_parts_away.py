"""Bridge, Redis, Asterisk or the transcriber die in the middle of things: nothing that was told is lost."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from casebridge.client import BridgeClient
from ivr import prompts
from ivr.record_id import new_record_id
from line111.call.conversation import Outcome
from line111.secrets import read_secret
from persian.tracking_code import make_tracking_code
from tests.pbx.line_sounds import LIKE
from tests.pbx.whole_line import NATIONAL_ID, OPEN_A_CASE, WHOLE_CALL, WholeLine
from tests.waiting import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def whole(make_line: Callable[..., WholeLine]) -> WholeLine:
    return make_line()


@pytest.fixture
def line(whole: WholeLine) -> WholeLine:
    """The line with everything up, whatever the test before has killed."""
    for part in (whole.redis, whole.bridge, whole.ivr):
        if not part.lives:
            part.start()
    if whole.pbx.process is None or whole.pbx.process.poll() is not None:
        whole.pbx.start()
    whole.await_codes()
    return whole


def test_code_told_to_the_caller_survives_a_bridge_outage(line: WholeLine) -> None:
    phoned = line.phone(WHOLE_CALL, on_message=line.bridge.kill)
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert prompts.TECHNICAL_PAUSE not in phoned.heard  # the caller noticed nothing
    line.bridge.start()
    case = line.case(phoned.code)
    assert phoned.is_whole(line.audio(case))
    line.check_promise()


def test_follow_up_is_told_to_try_later_while_the_bridge_is_away(line: WholeLine) -> None:
    line.bridge.kill()
    phoned = line.phone(f"3 {make_tracking_code(111)} {NATIONAL_ID} wait:40 hangup", seconds=60)
    assert prompts.TRY_AGAIN_LATER in phoned.heard
    assert phoned.heard[-1] == prompts.GOODBYE


def test_call_and_callback_do_without_redis(line: WholeLine) -> None:
    line.redis.kill()
    phoned = line.phone(f"{OPEN_A_CASE} say # 1 1 1")
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert prompts.CALLBACK_REGISTERED in phoned.heard
    case = line.case(phoned.code)  # the database is the truth: the case is there while Redis is not
    assert [callback.state for callback in case.callbacks] == ["waiting"]
    assert phoned.is_whole(line.audio(case))
    line.redis.start()  # empty: nothing was kept
    taken = wait_for(lambda: _claimed(line), 30, "the callback from a rebuilt line")
    assert taken == case.callbacks[0].id
    assert line.ask(lambda client: client.claim_callback("b"), "call_routing") is None
    line.check_promise()


def _claimed(line: WholeLine) -> object:
    callback = line.ask(lambda client: client.claim_callback("a"), "call_routing")
    return callback.id if callback else None


def test_one_intake_delivered_many_times_is_one_case(line: WholeLine) -> None:
    line.ivr.stop()  # the emergency script takes the call, and nobody delivers
    phoned = line.phone(f"hear:identity/ask {NATIONAL_ID} say #")
    (path,) = [path for path in line.spool.pending() if line.spool.read(path)["type"] == "intake"]
    record = line.spool.read(path)
    sound = line.settings.calls_dir / record["recording"]["file"]

    async def deliver(times: int) -> list[object]:
        token = read_secret(line.settings, "token_ivr")
        async with BridgeClient(line.settings.bridge.url, token) as client:

            async def once() -> object:
                receipt = await client.post_record(record)
                if receipt.audio == "wanted":
                    recording = record["recording"]
                    await client.put_audio(recording["recording_id"], sound, recording["sha256"])
                return receipt.case_id

            return await asyncio.gather(*(once() for _ in range(times)))

    cases = [*asyncio.run(deliver(1)), *asyncio.run(deliver(3)), *asyncio.run(deliver(12))]
    assert len(set(cases)) == 1
    line.start_ivr()  # and its forwarder delivers what lies there once more
    line.check_promise()
    case = line.case(phoned.code)
    assert [case.id] == [one.id for one in line.cases() if line.details(one).call_id == record["call_id"]]
    assert phoned.is_whole(line.audio(case))


@pytest.mark.parametrize("way", ["killed", "restarted"])
def test_message_spoken_until_asterisk_went_is_a_case(line: WholeLine, way: str) -> None:
    before = {case.id for case in line.cases()}
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(_end_asterisk_in_mid_message, line, way)
        phoned = line.phone(f"{OPEN_A_CASE} say wait:3 hangup", seconds=30)
        going.result()
    assert not phoned.codes
    line.pbx.start()
    line.settled()
    (case,) = [case for case in line.cases() if case.id not in before]
    sound = line.audio(case)
    assert len(sound) >= 3 * 8000
    assert phoned.like(sound) > LIKE
    again = line.phone(WHOLE_CALL)  # and the line is there for the next caller
    assert again.code == line.case(again.code).tracking_code
    line.check_promise()


def _end_asterisk_in_mid_message(line: WholeLine, way: str) -> None:
    line.at_message(3.6)
    line.pbx.kill() if way == "killed" else line.pbx.stop()


def test_storm_of_deliveries_survives_a_bridge_that_is_killed_again_and_again(line: WholeLine) -> None:
    line.ivr.stop()
    emergency = line.phone(f"hear:identity/ask {NATIONAL_ID} say #")
    template = next(
        line.spool.read(path) for path in line.spool.pending() if line.spool.read(path)["type"] == "intake"
    )
    codes = line.ask(lambda client: client.lease_codes("test", "ivr", 60), "ivr")
    for number, code in enumerate(codes):
        _copy_intake(line, template, number, code)
    line.told += codes
    stop = threading.Event()

    def kill_and_start() -> None:
        for pause in (0.4, 0.1, 0.7, 0.2):
            time.sleep(pause)
            line.bridge.kill()
            line.bridge.start()
        stop.set()

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_and_start)
        line.start_ivr()
        killing.result()
    assert stop.is_set()
    line.check_promise(90)
    held = {case.tracking_code: case for case in line.cases()}
    sounds = {line.audio(held[code]) for code in [*codes, emergency.code]}
    assert len(sounds) == 1, "all were told the same"
    assert emergency.is_whole(sounds.pop())


def _copy_intake(line: WholeLine, template: dict, number: int, code: str) -> None:
    """Another caller's matter with the same words, as if the line had been cut off for a while."""
    call_id, recording_id = f"storm-{number}", new_record_id()
    file = f"{call_id}/{recording_id}.alaw"
    folder = line.settings.calls_dir / call_id
    folder.mkdir()
    sound = (line.settings.calls_dir / template["recording"]["file"]).read_bytes()
    (line.settings.calls_dir / file).write_bytes(sound)
    recording = template["recording"] | {"recording_id": recording_id, "file": file}
    changed = {"record_id": new_record_id(), "call_id": call_id, "tracking_code": code}
    line.spool.put(json.loads(json.dumps(template | changed | {"recording": recording})))
