"""`line111 up` with all its programs: what is killed serves again, what is frozen is ended, no caller lost.

A frozen ivr still has its connections, so Asterisk waits for its next word for ever: only its watcher can
give its callers to somebody else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from line111.call.conversation import Outcome
from line111.folders import hand_over, make_folders
from line111.programs import PROGRAMS
from line111.states import State, states
from line111.supervision import end_orphans
from line111.supervisor_link import NotUp
from tests.pbx.line_process import Part
from tests.pbx.whole_line import NATIONAL_ID, OPEN_A_CASE, Phoned, WholeLine
from tests.waiting import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(300)]

HUNG_SECONDS = 4.0
ANOTHER_NUMBER = "+982188554499"
ENDURING = 60.0
"""Seconds a caller listens into the silence."""


@dataclass
class Up:
    """A line whose programs are started and watched by `line111 up`."""

    line: WholeLine

    def state(self, name: str) -> State:
        return next(state for state in states(self.line.settings) if state.program.name == name)

    def all_are_well(self) -> bool:
        try:
            now = states(self.line.settings)
        except NotUp:
            return False
        return len(now) == len(PROGRAMS) and all(state.well for state in now)

    def serves_again(self, name: str, before: int) -> State:
        """The program as a new process that is well."""

        def again() -> State | None:
            state = self.state(name)
            return state if state.well and state.pid != before else None

        state = wait_for(again, 90, f"{name} as a new process")
        assert state is not None
        return state


@pytest.fixture(scope="module")
def up(make_line: Callable[..., WholeLine]) -> Iterator[Up]:
    line = make_line(start=False, hung_seconds=HUNG_SECONDS)
    settings = line.settings
    make_folders(settings)
    hand_over(settings)
    node = Up(line)
    command = [sys.executable, "-P", "-m", "line111", "up"]
    process = Part("up", command, line.pbx.environment, settings.log_dir / "up.log", node.all_are_well)
    try:
        process.start()
        line.await_codes()
        yield node
        print(process.log[-3000:])  # shown where a test failed
    finally:
        process.stop()
        end_orphans(settings)


@pytest.mark.parametrize("name", [program.name for program in PROGRAMS])
def test_whatever_program_is_killed_serves_again(up: Up, name: str) -> None:
    before = up.state(name).pid
    os.kill(before, signal.SIGKILL)
    assert up.serves_again(name, before).hung == 0


def test_callers_of_a_frozen_ivr_go_on_and_get_one_code_each(up: Up) -> None:
    """By programs that were all killed before."""
    wait_for(up.all_are_well, 60, "all to be well")
    before = up.state("ivr").pid
    speaking, arriving = asyncio.run(_call_a_frozen_ivr(up, before))
    for phoned in (speaking, arriving):
        assert phoned.report.outcome is Outcome.REGULAR, phoned.report
    assert speaking.code != arriving.code
    after = up.serves_again("ivr", before)
    assert after.hung == 1
    for phoned in (speaking, arriving):
        assert phoned.is_whole(up.line.audio(up.line.case(phoned.code)))
    up.line.check_promise()


async def _call_a_frozen_ivr(up: Up, ivr: int) -> tuple[Phoned, Phoned]:
    """One who is speaking when it freezes, and one who phones then; both hear silence for a while."""
    frozen = asyncio.Event()
    loop = asyncio.get_running_loop()

    def freeze() -> None:
        os.kill(ivr, signal.SIGSTOP)
        loop.call_soon_threadsafe(frozen.set)

    async def arrive() -> Phoned:
        await frozen.wait()
        script = f"hear:identity/ask {NATIONAL_ID} say #"
        return await up.line.phoning(script, number=ANOTHER_NUMBER, patience=ENDURING, seconds=120)

    speaking = up.line.phoning(f"{OPEN_A_CASE} say #", on_message=freeze, seconds=120)
    return await asyncio.gather(speaking, arrive())
