"""What hangs is ended, and nothing else is: who is starting, ill, or silent for a moment is left alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from line111.hanging import HangWatch, ended_for_hanging, forget_hanging, note_hanging
from line111.programs import named
from line111.settings import Settings
from line111.states import State

LIMIT = 15.0


def state(
    name: str = "ivr", *, pid: int = 1, well: bool = False, silent: bool = True, age: float = 1000
) -> State:
    since = int(time.time() - age)
    return State(named(name), "RUNNING", pid, since, well, "", silent=silent)


WELL = state(well=True, silent=False)


def found(watch: HangWatch, *looks: tuple[State, float]) -> list[bool]:
    """Whether it hangs, at each look."""
    return [bool(watch.hanging([each], at)) for each, at in looks]


def test_a_program_silent_for_long_enough_hangs() -> None:
    looks = [(WELL, 0), *((state(), at) for at in (4, 8, 12, 18.9, 19))]
    assert found(HangWatch(LIMIT), *looks) == [False, False, False, False, False, True]


def test_two_slow_looks_are_not_enough_however_long_they_took() -> None:
    assert found(HangWatch(LIMIT), (WELL, 0), (state(), 60), (state(), 120)) == [False] * 3


def test_an_answer_in_between_begins_the_count_anew() -> None:
    looks = [(state(), 0), (state(), 8), (WELL, 12), (state(), 16), (state(), 20), (state(), 24)]
    assert not any(found(HangWatch(LIMIT), *looks))


def test_a_program_that_says_it_is_not_well_does_not_hang() -> None:
    ill = state(silent=False)
    assert not any(found(HangWatch(LIMIT), *((ill, at) for at in range(0, 100, 5))))


def test_a_program_that_starts_is_left_alone_until_it_has_answered() -> None:
    starting = state(pid=2, age=60)
    looks = [(WELL, 0), *((starting, at) for at in range(5, 60, 5))]
    watch = HangWatch(LIMIT)
    assert not any(found(watch, *looks))
    answered = state(pid=2, age=60, well=True, silent=False)
    assert found(watch, (answered, 60), (starting, 64), (starting, 70), (starting, 79))[-1]


def test_a_program_that_never_answers_since_its_start_hangs_in_the_end() -> None:
    assert found(HangWatch(LIMIT), *((state(age=200), at) for at in (0, 8, 16)))[-1]


@pytest.mark.parametrize("name", ["asterisk", "bridge", "redis", "transcription", "call_routing"])
def test_whom_no_caller_waits_for_is_given_more_time(name: str) -> None:
    looks = [(state(name), at) for at in (0, 20, 40, 59, 60)]
    assert found(HangWatch(LIMIT), *looks) == [False, False, False, False, True]


def test_how_often_each_hung_is_known_until_the_node_starts_anew(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.run_dir.mkdir()
    assert [note_hanging(settings, name) for name in ("ivr", "ivr", "redis")] == [1, 2, 1]
    assert ended_for_hanging(settings) == {"ivr": 2, "redis": 1}
    forget_hanging(settings)
    assert ended_for_hanging(settings) == {}
