"""A node whose ivr never ran, or ran long ago: Asterisk's own script takes the message (promise 2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr import prompts
from ivr.codes import CodeBlock
from line111.call.conversation import Outcome
from tests.pbx.whole_line import NATIONAL_ID, WholeLine

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(240)]
MESSAGE = f"hear:identity/ask {NATIONAL_ID} say #"


@pytest.fixture(scope="module")
def line(make_line: Callable[..., WholeLine]) -> WholeLine:
    """Asterisk and prompts alone."""
    line = make_line(start=False)
    line.pbx.start()
    return line


def test_message_without_any_code_is_kept_and_gets_its_code_later(line: WholeLine) -> None:
    phoned = line.phone(MESSAGE)
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert prompts.CODE_LATER in phoned.heard
    assert not phoned.codes
    line.redis.start()
    line.bridge.start()
    line.start_ivr()
    line.check_promise()
    (case,) = line.cases()
    assert case.tracking_code is not None
    assert line.details(case).origin == "emergency"
    assert line.applicant(case).identifier == NATIONAL_ID
    assert phoned.is_whole(line.audio(case))


def test_script_tells_a_code_leased_before_everything_else_went_away(line: WholeLine) -> None:
    if not line.bridge.lives:
        for part in (line.redis, line.bridge, line.ivr):
            part.start()
    line.await_codes()
    for part in (line.ivr, line.bridge, line.redis):
        part.kill()
    left = CodeBlock(line.settings.spool_dir, "emergency").left()
    phoned = line.phone(MESSAGE)
    assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert CodeBlock(line.settings.spool_dir, "emergency").left() == left - 1
    for part in (line.redis, line.bridge, line.ivr):
        part.start()
    case = line.case(phoned.code)
    assert phoned.is_whole(line.audio(case))
    line.check_promise()
