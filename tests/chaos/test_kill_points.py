"""ivr is killed at every place between two steps of a real call: the caller goes on, and gets one code.

Several lines are tried at the same time, since a call is mostly waiting; each test looks at one kill.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle

import pytest

from casebridge.cases.schemas import CaseDetail
from ivr import prompts
from ivr.kill_points import KillPoint
from line111.call.conversation import Outcome
from tests.pbx.whole_line import NATIONAL_ID, OPEN_A_CASE, Phoned, WholeLine

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(500)]

LINES = 4
ASKED_AGAIN = f"hear:identity/ask {NATIONAL_ID} say #"
SPOKEN_ANEW = "hear:system/technical_pause say #"
CONFIRMED = f"{OPEN_A_CASE} say # 1"
CALLBACK_ALONE = f"5 {NATIONAL_ID} 1 hear:menu/callback_time 1"
WITH_CALLBACK = f"{CONFIRMED} hear:menu/callback_offer 1 hear:menu/callback_time 1"
WISHED = (
    KillPoint.CALLBACK_CHOSEN,
    KillPoint.CALLBACK_SPOOLED,
    KillPoint.BEFORE_GOODBYE,
    KillPoint.CALL_REPORTED,
)
SCRIPTS = {
    KillPoint.ANSWERED: ASKED_AGAIN,
    KillPoint.GREETED: ASKED_AGAIN,
    KillPoint.MENU_CHOSEN: f"1 {ASKED_AGAIN}",
    KillPoint.KIND_CHOSEN: f"1 2 {ASKED_AGAIN}",
    KillPoint.IDENTITY_KNOWN: f"1 2 {NATIONAL_ID} {SPOKEN_ANEW}",
    KillPoint.CONTACT_KNOWN: f"{OPEN_A_CASE} {SPOKEN_ANEW}",
    KillPoint.PROVINCE_KNOWN: f"{OPEN_A_CASE} {SPOKEN_ANEW}",
    KillPoint.BEFORE_RECORDING: f"{OPEN_A_CASE} {SPOKEN_ANEW}",
    KillPoint.MESSAGE_RECORDED: f"{OPEN_A_CASE} say #",
    **dict.fromkeys(WISHED, WITH_CALLBACK),
}
"""What the citizen does, until the kill and after it; at every other point the message is confirmed."""
UNKNOWN_CALLER = (KillPoint.ANSWERED, KillPoint.GREETED, KillPoint.MENU_CHOSEN, KillPoint.KIND_CHOSEN)


@dataclass
class Kill:
    """A call in which ivr was killed, and what the bridge holds of it once ivr runs again."""

    phoned: Phoned
    was_killed: bool
    case: CaseDetail
    sound: bytes


def call_with_a_kill(line: WholeLine, point: KillPoint, script: str) -> Kill:
    line.ivr.kill()
    line.start_ivr(point)
    phoned = line.phone(script)
    was_killed = line.ivr.ended_by(signal.SIGKILL)
    line.start_ivr()
    case = line.case(phoned.code)
    line.check_promise()
    return Kill(phoned, was_killed, line.details(case), line.audio(case) if case.recordings else b"")


@pytest.fixture(scope="module")
def lines(make_line: Callable[..., WholeLine]) -> list[WholeLine]:
    with ThreadPoolExecutor(LINES) as pool:
        return list(pool.map(lambda _: make_line(), range(LINES)))


@pytest.fixture(scope="module")
def kills(lines: list[WholeLine]) -> dict[KillPoint, Future[Kill]]:
    """Every point tried: a few lines side by side, each with its own share of the points."""
    found: dict[KillPoint, Future[Kill]] = {}
    own = [ThreadPoolExecutor(1) for _ in lines]  # a line has one call and one ivr at a time
    for point, line, pool in zip(KillPoint, cycle(lines), cycle(own), strict=False):
        found[point] = pool.submit(call_with_a_kill, line, point, SCRIPTS.get(point, CONFIRMED))
    for pool in own:
        pool.shutdown(wait=True)
    return found


@pytest.mark.parametrize("point", list(KillPoint))
def test_caller_of_an_ivr_that_is_killed_gets_one_code_and_one_case(
    kills: dict[KillPoint, Future[Kill]], point: KillPoint
) -> None:
    kill = kills[point].result()
    phoned, case = kill.phoned, kill.case
    assert kill.was_killed
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert phoned.heard[-1] == prompts.GOODBYE or point is KillPoint.BEFORE_GOODBYE
    assert case.tracking_code == phoned.code
    assert phoned.is_whole(kill.sound)
    assert case.kind == ("unclassified" if point in UNKNOWN_CALLER else "request")
    assert [callback.wished for callback in case.callbacks] == (["asap"] if point in WISHED else [])
    assert phoned.heard.count(prompts.IDENTITY_ASK) <= (2 if point in UNKNOWN_CALLER else 1)


def test_callback_without_a_message_is_registered_though_ivr_is_killed(lines: list[WholeLine]) -> None:
    kill = call_with_a_kill(lines[0], KillPoint.CALLBACK_CHOSEN, CALLBACK_ALONE)
    assert kill.was_killed
    assert prompts.CALLBACK_REGISTERED in kill.phoned.heard
    assert prompts.RECORD_AFTER_TONE not in kill.phoned.heard
    assert [callback.wished for callback in kill.case.callbacks] == ["asap"]
    assert kill.case.recordings == []


def test_one_who_asked_for_an_answer_when_ivr_was_killed_can_leave_a_message(lines: list[WholeLine]) -> None:
    kill = call_with_a_kill(lines[1], KillPoint.MENU_CHOSEN, f"3 {ASKED_AGAIN}")
    assert kill.was_killed
    assert kill.phoned.is_whole(kill.sound)
    assert kill.case.kind == "unclassified"


def test_message_of_a_caller_who_hangs_up_on_a_dead_ivr_is_rescued(lines: list[WholeLine]) -> None:
    line = lines[0]
    if not line.ivr.lives:
        line.start_ivr()
    before = {case.id for case in line.cases()}
    phoned = line.phone(f"{OPEN_A_CASE} say hangup", on_message=line.ivr.kill)
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    line.start_ivr()
    line.check_promise()
    (case,) = [case for case in line.cases() if case.id not in before]
    assert case.ended_by == "rescued"
    assert phoned.is_whole(line.audio(case))
