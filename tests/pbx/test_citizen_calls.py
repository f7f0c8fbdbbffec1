"""The scripted citizen on a real SIP phone, at a real Asterisk with the real ivr (the bridge is away)."""

from __future__ import annotations

import asyncio
import audioop
import json
import socket
import subprocess
import sys
import time
import wave
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr import prompts
from ivr.codes import CodeBlock
from ivr.spool import Spool
from line111.call.conversation import CallReport, Outcome, Plan, phone_the_line
from line111.call.hearing import RATE, Samples
from line111.call.phone import Line
from line111.call.prompts_heard import PromptIndex, told_codes
from line111.call.script import Manners, parse_script
from line111.call.speech import spoken, write_wav
from line111.ports import process_ids
from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code
from tests.pbx.line_sounds import LIKE, likeness, voice_like
from tests.waiting import wait_for

pytestmark = [pytest.mark.pbx]

NATIONAL_ID = sample_identifier("national_id", 11)
LAND_LINE = "+982188554433"  # its province is known, so it is not asked
TO_THE_TONE = f"1 2 {NATIONAL_ID} 1 say"
WHOLE_CALL = f"{TO_THE_TONE} # 1 2"


@pytest.fixture(scope="module")
def node(make_asterisk: Callable[..., Any]) -> Any:
    """An Asterisk whose prompts are short and each unlike the others."""
    pbx = make_asterisk()
    for language in prompts.LANGUAGES:
        for name in prompts.required(language):
            sound = voice_like(f"{language}/{name}", 0.3 + zlib.crc32(name.encode()) % 97 / 1000)
            if name == prompts.BEEP:
                sound = (9000 * np.sin(2 * np.pi * 1000 * np.arange(3200) / RATE)).astype(np.int16)
            file = pbx.settings.sounds_dir / language / f"{name}.alaw"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(audioop.lin2alaw(sound.tobytes(), 2))
    return pbx


@pytest.fixture(scope="module")
def ivr(node: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The real ivr with tracking codes to tell."""
    spool = Spool(node.settings.spool_dir)
    spool.prepare()
    CodeBlock(node.settings.spool_dir, "ivr").add(make_tracking_code(300_000 + n) for n in range(60))
    environment = node.environment | {"LINE111_IVR__KEY_TIMEOUT_SECONDS": "4"}
    with (node.settings.log_dir / "ivr.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ivr"], env=environment, stdout=log, stderr=log, cwd="/"
        )
    wait_for(lambda: _listens(node.settings.ivr.port), 20)
    yield process
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def message() -> Samples:
    """Real speech, of which nothing may be lost."""
    return spoken("en", "The water in our street has been cut for three days. Please send somebody.")


def plan(node: Any, script: str, message: Samples, number: str = LAND_LINE, **manners: Any) -> Plan:
    return Plan(
        Line(server=f"127.0.0.1:{node.settings.sip.port}", number=number),
        parse_script(script),
        message,
        Manners(quiet=0.6, **manners),
        timeout=90,
        prompts=PromptIndex(node.settings.sounds_dir),
    )


def phone(node: Any, script: str, message: Samples, **manners: Any) -> CallReport:
    return asyncio.run(phone_the_line(plan(node, script, message, **manners)))


def intakes(node: Any) -> list[dict[str, Any]]:
    spool = Spool(node.settings.spool_dir)
    return [record for record in map(spool.read, spool.pending()) if record["type"] == "intake"]


def new_intakes(node: Any, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {one["record_id"] for one in before}
    return [one for one in intakes(node) if one["record_id"] not in known]


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_the_message_is_recorded_whole_and_the_code_heard_is_the_code_kept(
    node: Any, ivr: Any, message: Samples
) -> None:
    before = intakes(node)
    report = phone(node, WHOLE_CALL, message)
    assert report.outcome is Outcome.REGULAR, report
    assert report.tone_heard
    (intake,) = new_intakes(node, before)
    recorded = (node.settings.calls_dir / intake["recording"]["file"]).read_bytes()
    assert likeness(recorded, message) > LIKE
    codes = told_codes(report.prompts)
    assert codes == [intake["tracking_code"]] * 2
    assert [one.keys for one in report.happened if one.did == "pressed"] == [
        "1", "2", "••••••••••", "1", "#", "1", "2",
    ]  # fmt: skip


HANGING_UP = {
    "in the greeting": ("wait:0.2 hangup", False),
    "in the main menu": ("wait hangup", False),
    "at the kind": ("1 wait hangup", False),
    "in the middle of the identifier": ("1 2 049 hangup", False),
    "after the identifier": (f"1 2 {NATIONAL_ID} wait hangup", False),
    "before the tone": (f"1 2 {NATIONAL_ID} 1 wait:0.3 hangup", False),
    "after speaking": (f"{TO_THE_TONE} wait:0.5 hangup", True),
    "at the question after the message": (f"{TO_THE_TONE} # wait hangup", True),
    "while the code is told": (f"{TO_THE_TONE} # 1 wait:1.5 hangup", True),
}


def test_hanging_up_at_any_stage_leaves_no_call_behind_and_a_case_where_something_was_said(
    node: Any, ivr: Any, message: Samples
) -> None:
    """All at once, each from a number of its own."""

    async def everyone() -> list[CallReport]:
        plans = [
            plan(node, script, message, number=f"+9821885544{place:02}")
            for place, (script, _) in enumerate(HANGING_UP.values())
        ]
        return await asyncio.gather(*map(phone_the_line, plans))

    before = intakes(node)
    for stage, report in zip(HANGING_UP, asyncio.run(everyone()), strict=True):
        assert report.outcome is Outcome.REGULAR, (stage, report)
    wait_for(lambda: "0 active channels" in node.cli("core show channels count"))
    with_case = sum(has_case for _, has_case in HANGING_UP.values())
    wait_for(lambda: len(new_intakes(node, before)) >= with_case)
    time.sleep(1)
    assert len(new_intakes(node, before)) == with_case
    assert ivr.poll() is None


def test_an_impatient_citizen_gets_through_by_keys_alone(node: Any, ivr: Any, message: Samples) -> None:
    before = intakes(node)
    report = phone(node, WHOLE_CALL.replace("say #", "say wait:1 #"), message, impatient=True)
    assert report.outcome is Outcome.REGULAR, report
    assert len(new_intakes(node, before)) == 1


def run_probe(node: Any, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    options = ["--server", f"127.0.0.1:{node.settings.sip.port}", "--from", LAND_LINE, *arguments]
    return subprocess.run(
        [sys.executable, "-P", "-m", "line111", "call", *options],
        env={**node.environment, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_probe_tells_in_json_what_it_heard_and_pressed(node: Any, ivr: Any, tmp_path: Path) -> None:
    done = run_probe(node, "--digits", "1 wait hangup", "--json", "--record", str(tmp_path / "call.wav"))
    assert done.returncode == 0, done
    told = json.loads(done.stdout)
    assert told["outcome"] == "regular"
    happened = told["happened"]
    assert happened[0] == {
        "at": happened[0]["at"],
        "did": "prompt",
        "language": "fa",
        "prompt": prompts.WELCOME,
    }
    assert {"at", "did", "keys"} == set(next(one for one in happened if one["did"] == "pressed"))
    with wave.open(str(tmp_path / "call.wav")) as sound:
        assert sound.getnchannels() == 2
        assert sound.getnframes() / RATE == pytest.approx(told["seconds"], abs=1.0)


def test_the_probe_plays_a_file_and_masks_what_it_pressed(
    node: Any, ivr: Any, message: Samples, tmp_path: Path
) -> None:
    write_wav(tmp_path / "message.wav", message)
    done = run_probe(node, "--digits", f"{TO_THE_TONE} hangup", "--play", str(tmp_path / "message.wav"))
    assert done.returncode == 0, done
    assert "heard the record tone" in done.stdout
    assert NATIONAL_ID not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--to", "999"], 1, "did not answer"),
        (["--digits", "1 x"], 2, "word 2"),
        (["--digits", "say"], 2, "--say or --play"),
        (["--server", "host port"], 2, "server"),
        (["--from", "1>;x=<sip:2"], 2, "number"),
        (["--digits", "wait:60 hangup", "--timeout", "1"], 4, "in time"),
        (["--local", "192.0.2.1"], 6, "no address of this machine"),
    ],
)
def test_each_failure_of_the_probe_has_its_exit_code_and_words(
    node: Any, ivr: Any, arguments: list[str], code: int, words: str
) -> None:
    done = run_probe(node, *arguments)
    assert done.returncode == code, done
    assert words in done.stdout + done.stderr


def test_a_line_that_hangs_up_in_the_middle_is_told_from_a_regular_end(node: Any, ivr: Any) -> None:
    wrong = "1234567890"
    done = run_probe(node, "--digits", f"1 2 {wrong} {wrong} {wrong} wait:60 hangup", "--json")
    assert json.loads(done.stdout)["outcome"] == "cut_off"
    assert done.returncode == 3


def test_without_the_phone_program_it_says_what_to_install(node: Any, tmp_path: Path) -> None:
    done = run_probe(node, PATH=str(tmp_path))
    assert done.returncode == 6
    assert "apt-get install baresip" in done.stderr


def test_a_killed_probe_leaves_no_phone_behind(node: Any, ivr: Any) -> None:
    options = ["--server", f"127.0.0.1:{node.settings.sip.port}", "--digits", "wait:60 hangup"]
    probe = subprocess.Popen(
        [sys.executable, "-P", "-m", "line111", "call", *options],
        env=node.environment,
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: "1 active channel" in node.cli("core show channels count"))
    phones = [pid for pid in process_ids() if _parent(pid) == probe.pid]
    probe.kill()
    probe.wait()
    assert phones
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in phones))


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
