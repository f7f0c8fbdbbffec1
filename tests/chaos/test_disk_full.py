"""The disk is full: clear words to the caller, an alarm to the operators, nothing half taken for whole."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from ivr import prompts
from tests.pbx.line_sounds import LIKE, likeness, voice_like
from tests.pbx.whole_line import NATIONAL_ID, OPEN_A_CASE, WHOLE_CALL, WholeLine

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(240)]
MEGABYTE = 2**20


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A disk of its own for a folder, in memory; gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=2770,nosuid,nodev"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "line111-test", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte is left on the folder's disk meanwhile."""
    ballast = folder / "ballast"
    fill(ballast)
    try:
        yield
    finally:
        ballast.unlink()


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


@pytest.fixture(scope="module")
def small_line(make_line: Callable[..., WholeLine]) -> Iterator[WholeLine]:
    line = make_line(start=False, ivr={"message_max_seconds": 20, "message_silence_seconds": 2})
    with ExitStack() as disks:
        disks.enter_context(small_disk(line.settings.calls_dir, 6 * MEGABYTE))
        disks.enter_context(small_disk(line.settings.spool_dir, 6 * MEGABYTE))
        line.spool.prepare()
        line.start()
        yield line
        line.stop()
        line.pbx.stop()


@pytest.fixture
def line(small_line: WholeLine) -> Iterator[WholeLine]:
    """The line with an ivr, and room again after each test."""
    if not small_line.ivr.lives:
        small_line.start_ivr()
    yield small_line
    for folder in (small_line.settings.calls_dir, small_line.settings.spool_dir):
        (folder / "ballast").unlink(missing_ok=True)


def alarms(line: WholeLine) -> float:
    """How often the metric says that a caller could not be served."""
    text = httpx.get(f"http://127.0.0.1:{line.settings.ivr.metrics_port}/metrics", trust_env=False).text
    lines = [
        one for one in text.splitlines() if one.startswith("line111_ivr_events_total{") and "disk_full" in one
    ]
    return sum(float(one.rpartition(" ")[2]) for one in lines)


def test_caller_is_told_before_speaking_that_nothing_can_be_kept(line: WholeLine) -> None:
    before = alarms(line)
    with full(line.settings.calls_dir):
        phoned = line.phone(f"{OPEN_A_CASE} wait:20 hangup")
    assert prompts.DISK_FULL in phoned.heard
    assert prompts.BEEP not in phoned.heard
    assert not phoned.report.tone_heard
    assert not phoned.codes
    assert alarms(line) > before
    assert "the disk is full" in line.ivr.log
    again = line.phone(WHOLE_CALL)
    line.case(again.code)
    line.check_promise()


def test_message_cut_short_by_a_full_disk_gets_no_code_and_no_whole_case(line: WholeLine) -> None:
    before, known = alarms(line), {case.id for case in line.cases()}
    message = voice_like("cut short", 9.0)
    ballast = line.settings.calls_dir / "ballast"
    phoned = line.phone(
        f"{OPEN_A_CASE} say # wait:20 hangup",
        message=message,
        on_message=lambda: fill(ballast),
        message_at=3.6,
    )
    assert prompts.DISK_FULL in phoned.heard
    assert prompts.MENU_CONFIRM_MESSAGE not in phoned.heard
    assert not phoned.codes
    assert alarms(line) > before
    ballast.unlink()
    line.check_promise()
    new = [case for case in line.cases() if case.id not in known]
    assert [case.ended_by for case in new] == ["rescued"]  # what there is of it, by its name
    assert likeness(line.audio(new[0]), message[: 3 * 8000]) > LIKE


def test_code_is_told_only_for_what_found_room_in_the_spool(line: WholeLine) -> None:
    before, known = alarms(line), {case.id for case in line.cases()}
    ballast = line.settings.spool_dir / "ballast"
    phoned = line.phone(
        f"{OPEN_A_CASE} say # 1 wait:20 hangup", on_message=lambda: fill(ballast), message_at=3.0
    )
    assert prompts.DISK_FULL in phoned.heard
    assert not phoned.codes
    assert alarms(line) > before
    assert not [path for path in line.spool.tmp.iterdir() if path.stat().st_size]
    ballast.unlink()
    line.check_promise()
    (case,) = [case for case in line.cases() if case.id not in known]
    assert phoned.is_whole(line.audio(case))  # whole: only its record found no room at first


def test_emergency_script_says_the_same_words(line: WholeLine) -> None:
    line.ivr.stop()
    with full(line.settings.calls_dir):
        phoned = line.phone(f"hear:identity/ask {NATIONAL_ID} wait:15 hangup")
    line.start_ivr()
    assert prompts.DISK_FULL in phoned.heard
    assert not phoned.codes
    line.check_promise()
