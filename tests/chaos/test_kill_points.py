"""ivr is killed at every place between two steps of a real call: the caller goes on, and gets one code."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from ivr import prompts
from ivr.kill_points import KillPoint
from line111.call.conversation import Outcome
from tests.pbx.whole_line import LIKE, NATIONAL_ID, OPEN_A_CASE, WholeLine, likeness

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(240)]

ASKED_AGAIN = f"hear:identity/ask {NATIONAL_ID} say #"
SPOKEN_ANEW = "hear:message/record_after_tone say #"
CONFIRMED = f"{OPEN_A_CASE} say # 1"
WITH_CALLBACK = f"{CONFIRMED} hear:menu/callback_offer 1 hear:menu/callback_time 1"
AFTER_THE_CODE = (
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
    KillPoint.BEFORE_RECORDING: f"{OPEN_A_CASE} hear:system/technical_pause {SPOKEN_ANEW}",
    KillPoint.MESSAGE_RECORDED: f"{OPEN_A_CASE} say #",
    **dict.fromkeys(AFTER_THE_CODE, WITH_CALLBACK),
}
"""What the citizen does, until the kill and after it; at every other point the message is confirmed."""
UNKNOWN_CALLER = (KillPoint.ANSWERED, KillPoint.GREETED, KillPoint.MENU_CHOSEN, KillPoint.KIND_CHOSEN)
WISHED = AFTER_THE_CODE[1:]
POINTS = [
    pytest.param(point, marks=pytest.mark.xdist_group(f"kill points {place % 2}"))
    for place, point in enumerate(KillPoint)
]


@pytest.fixture(scope="module")
def line(make_line: Callable[..., WholeLine]) -> WholeLine:
    return make_line()


@pytest.fixture
def killed_at(line: WholeLine) -> Iterator[Callable[[KillPoint], None]]:
    """Has the line's ivr kill itself at a point; afterwards one that does not is running."""

    def start(point: KillPoint) -> None:
        line.ivr.stop()
        line.start_ivr(point)

    yield start
    if not line.ivr.lives:
        line.start_ivr()


@pytest.mark.parametrize("point", POINTS)
def test_caller_of_an_ivr_that_is_killed_gets_one_code_and_one_case(
    line: WholeLine, killed_at: Callable[[KillPoint], None], point: KillPoint
) -> None:
    killed_at(point)
    phoned = line.phone(SCRIPTS.get(point, CONFIRMED))
    assert line.ivr.ended_by(signal.SIGKILL), phoned.report
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert phoned.heard[-1] == prompts.GOODBYE or point is KillPoint.BEFORE_GOODBYE
    line.start_ivr()
    case = line.case(phoned.code)
    assert likeness(line.audio(case), phoned.message) > LIKE
    assert case.kind == ("unclassified" if point in UNKNOWN_CALLER else "request")
    assert [callback.wished for callback in case.callbacks] == (["asap"] if point in WISHED else [])
    assert phoned.heard.count(prompts.IDENTITY_ASK) <= (2 if point in UNKNOWN_CALLER else 1)
    line.check_promise()


@pytest.mark.xdist_group("kill points 0")
def test_message_of_a_caller_who_hangs_up_on_a_dead_ivr_is_rescued(line: WholeLine) -> None:
    phoned = line.phone(f"{OPEN_A_CASE} say hangup", on_message=line.ivr.kill)
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    before = {case.id for case in line.cases()}
    line.start_ivr()
    line.settled()
    (case,) = [case for case in line.cases() if case.id not in before]
    assert case.ended_by == "rescued"
    assert likeness(line.audio(case), phoned.message) > LIKE
    line.check_promise()
