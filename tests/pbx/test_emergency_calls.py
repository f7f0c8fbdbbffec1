"""Real calls through a real Asterisk, with ivr killed or never there: no caller is lost (promise 2)."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from ivr import prompts
from ivr.codes import CodeBlock
from ivr.kill_points import VARIABLE, KillPoint
from ivr.message_audio import spoken_seconds
from ivr.spool import Spool
from line111.call.conversation import Outcome, Plan, phone_the_line
from line111.call.phone import Line
from line111.call.script import Manners, parse_script
from line111.sealing import unseal
from line111.secrets import read_secret
from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code
from tests.waiting import wait_for

pytestmark = [pytest.mark.pbx, pytest.mark.chaos]

NATIONAL_ID = sample_identifier("national_id", 7)
RATE = 8000
EAGER = Manners(quiet=0.6)
WHOLE_CALL = f"1 2 {NATIONAL_ID} 1 say # 1 2"
"""Open a case: a request, the ID, this number (its province is known), the message, confirm, no callback."""


def tone(seconds: float, hertz: float, amplitude: int = 9000) -> np.ndarray:
    times = np.arange(int(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * math.pi * hertz * times)).astype(np.int16)


def to_alaw(samples: np.ndarray) -> bytes:
    """G.711 A-law, by ffmpeg: nothing of ours that could be wrong in the same way twice."""
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "8000", "-i", "pipe:0", "-f", "alaw", "pipe:1"]
    return subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def node(make_asterisk):
    """An Asterisk whose prompts are short tones, the record tone its own."""
    pbx = make_asterisk()
    prompt, beep = to_alaw(tone(0.1, 350)), to_alaw(tone(0.4, 1000))
    for language in prompts.LANGUAGES:
        for name in prompts.required(language):
            file = pbx.settings.sounds_dir / language / f"{name}.alaw"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(beep if name == prompts.BEEP else prompt)
    return pbx


class Ivr:
    """The ivr process of a node; its bridge is away."""

    def __init__(self, pbx) -> None:
        self._pbx = pbx
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, kill_at: KillPoint | None = None) -> None:
        environment = self._pbx.environment | {"LINE111_IVR__KEY_TIMEOUT_SECONDS": "4"}
        environment |= {VARIABLE: kill_at.value} if kill_at else {}
        log = (self._pbx.settings.log_dir / "ivr.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ivr"], env=environment, stdout=log, stderr=log, cwd="/"
            )
        port = self._pbx.settings.ivr.port
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            time.sleep(0.05)
        pytest.fail((self._pbx.settings.log_dir / "ivr.log").read_text()[-3000:])

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        self.process = None


@pytest.fixture
def ivr(node) -> Iterator[Ivr]:
    spool = Spool(node.settings.spool_dir)
    spool.prepare()
    for folder in node.settings.calls_dir.iterdir():
        shutil.rmtree(folder)
    for folder in (spool.incoming, spool.uncoded, spool.rejected, node.settings.spool_dir / "drafts"):
        for file in folder.iterdir():
            file.unlink()
    for holder, first in (("ivr", 100_000), ("emergency", 200_000)):
        block = CodeBlock(node.settings.spool_dir, holder)
        with suppress(Exception):
            block.take(10_000)
        block.add(make_tracking_code(first + time.time_ns() % 100_000 * 100 + n) for n in range(60))
    process = Ivr(node)
    yield process
    process.end()
    print(node.log()[-3000:])  # shown where the test failed


def phone(node, script: str, seconds: float = 4.0, timeout: float = 60):
    message = np.concatenate([tone(seconds, 500), np.zeros(RATE // 2, np.int16)])
    line = Line(server=f"127.0.0.1:{node.settings.sip.port}", number="+982188554433")
    plan = Plan(line, parse_script(script), message, EAGER, timeout=timeout)
    return asyncio.run(phone_the_line(plan))


def records(node, kind: str) -> list[dict]:
    spool = Spool(node.settings.spool_dir)
    found = [spool.read(path) for path in spool.pending()]
    return [record for record in found if record["type"] == kind]


def only_intake(node) -> dict:
    (intake,) = records(node, "intake")
    return intake


def audio_of(node, intake: dict) -> bytes:
    return (node.settings.calls_dir / intake["recording"]["file"]).read_bytes()


def private(node, intake: dict) -> dict:
    return unseal(intake["sealed"], read_secret(node.settings, "sealing_private"))


def test_whole_call_becomes_a_durable_intake(node, ivr):
    ivr.start()
    report = phone(node, WHOLE_CALL)
    assert report.outcome is Outcome.REGULAR, report
    intake = only_intake(node)
    assert intake["kind"] == "request"
    assert intake["ended_by"] == "confirmed"
    assert private(node, intake)["identifier"] == NATIONAL_ID
    assert 3.5 <= spoken_seconds(audio_of(node, intake)) <= 6
    (told,) = records(node, "call_report")
    assert told["code_told"]
    assert told["outcome"] == "case"
    assert NATIONAL_ID not in json.dumps(told)


def test_every_prompt_is_interrupted_by_a_key_and_no_key_is_lost(node, ivr):
    long = to_alaw(tone(6, 350))
    names = (
        *GREETING,
        prompts.MENU_MAIN,
        prompts.MENU_KIND,
        prompts.IDENTITY_ASK,
        prompts.CONTACT_OFFER_CALLER_ID,
    )
    files = {node.settings.sounds_dir / "fa" / f"{name}.alaw" for name in names}
    short = {file: file.read_bytes() for file in files}
    for file in files:
        file.write_bytes(long)
    ivr.start()
    try:
        report = phone(node, f"wait:0.5 !12{NATIONAL_ID}1 say # 1 2")
    finally:
        for file, sound in short.items():
            file.write_bytes(sound)
    assert report.outcome is Outcome.REGULAR, report
    assert private(node, only_intake(node))["identifier"] == NATIONAL_ID
    assert report.seconds < 30  # the prompts alone would take 42


GREETING = (prompts.WELCOME, prompts.RECORDING_NOTICE, prompts.LANGUAGE_EN)
LEGAL_PERSON = "10380284790"


@pytest.mark.parametrize(
    ("keyed", "kind", "identifier"),
    [
        (
            f"*{sample_identifier('foreign_resident', 2)}",
            "foreign_resident",
            sample_identifier("foreign_resident", 2),
        ),
        (LEGAL_PERSON, "legal_person", LEGAL_PERSON),
    ],
)
def test_longer_identifiers_are_heard_whole(node, ivr, keyed, kind, identifier):
    ivr.start()
    phone(node, f"5 {keyed} 1 2")
    opened = private(node, only_intake(node))
    assert (opened["identifier_kind"], opened["identifier"]) == (kind, identifier)


def test_caller_whom_no_ivr_answers_gives_identity_and_message_and_is_told_a_code(node, ivr):
    left = CodeBlock(node.settings.spool_dir, "emergency").left()
    report = phone(node, f"{NATIONAL_ID} say #")
    assert report.outcome is Outcome.REGULAR, report
    intake = only_intake(node)
    assert intake["origin"] == "emergency"
    assert intake["kind"] == "unclassified"
    assert private(node, intake)["identifier"] == NATIONAL_ID
    assert private(node, intake)["caller_number"] == "+982188554433"
    assert 3.5 <= spoken_seconds(audio_of(node, intake)) <= 6
    assert CodeBlock(node.settings.spool_dir, "emergency").left() == left - 1
    assert [told["code_told"] for told in records(node, "call_report")] == [True]
    assert not list((node.settings.spool_dir / "drafts").iterdir())


def test_caller_whom_no_ivr_answers_is_served_in_english_after_nine(node, ivr):
    language_en = node.settings.sounds_dir / "fa" / f"{prompts.LANGUAGE_EN}.alaw"
    short = language_en.read_bytes()
    language_en.write_bytes(to_alaw(tone(6, 350)))  # long enough to press a key while it is said
    try:
        report = phone(node, f"wait:2 !9 {NATIONAL_ID} say #")
    finally:
        language_en.write_bytes(short)
    assert report.outcome is Outcome.REGULAR, report
    intake = only_intake(node)
    assert intake["language"] == "en"
    assert private(node, intake)["identifier"] == NATIONAL_ID
    (told,) = records(node, "call_report")
    assert (told["language"], told["code_told"]) == ("en", True)


def test_caller_of_the_emergency_script_who_hangs_up_after_speaking_has_a_case(node, ivr):
    phone(node, f"{NATIONAL_ID} say wait:4.5 hangup")
    wait_for(lambda: records(node, "intake"))
    assert only_intake(node)["ended_by"] == "hangup"


def test_caller_of_the_emergency_script_has_three_tries_for_the_identifier(node, ivr):
    report = phone(node, "123# 1111# 12345#")
    assert report.outcome is Outcome.REGULAR
    assert not records(node, "intake")


STEPS_BEFORE_IDENTITY = [KillPoint.GREETED]
STEPS_WITH_IDENTITY = [KillPoint.IDENTITY_KNOWN]
STEPS_WITH_MESSAGE = [
    KillPoint.MESSAGE_RECORDED, KillPoint.CODE_TAKEN, KillPoint.INTAKE_SPOOLED, KillPoint.CODE_TOLD_ONCE,
]  # fmt: skip
"""Every other point is tried in the integration tests, without Asterisk."""
BEFORE = {
    KillPoint.GREETED: "wait:3",
    KillPoint.IDENTITY_KNOWN: f"1 2 {NATIONAL_ID}",
    KillPoint.MESSAGE_RECORDED: f"1 2 {NATIONAL_ID} 1 say #",
}


@pytest.mark.parametrize("point", [*STEPS_BEFORE_IDENTITY, *STEPS_WITH_IDENTITY, *STEPS_WITH_MESSAGE])
def test_ivr_killed_between_two_steps_loses_no_caller(node, ivr, point):
    ivr.start(kill_at=point)
    script = BEFORE.get(point, f"1 2 {NATIONAL_ID} 1 say # 1")
    if point in STEPS_BEFORE_IDENTITY:
        script += f" {NATIONAL_ID} say #"  # the emergency script asks, for nothing is known yet
    elif point in STEPS_WITH_IDENTITY:
        script += " say #"  # it knows the identity and asks for the message alone
    report = phone(node, script)
    assert ivr.process is not None
    assert ivr.process.wait(5) == -signal.SIGKILL
    assert report.outcome is Outcome.REGULAR, report
    intake = only_intake(node)
    told = [each for each in records(node, "call_report") if each["code_told"]]
    assert [each["intake_id"] for each in told] == [intake["record_id"]]
    assert private(node, intake)["identifier"] == NATIONAL_ID
    assert 3.5 <= spoken_seconds(audio_of(node, intake)) <= 6
    assert not list((node.settings.spool_dir / "drafts").iterdir())


def test_message_is_whole_though_ivr_dies_while_it_is_spoken(node, ivr):
    ivr.start()

    def kill_during_message() -> None:
        wait_for(lambda: list(node.settings.calls_dir.glob("*/take01-part01.alaw")))
        time.sleep(1.5)
        ivr.end()

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_during_message)
        report = phone(node, f"1 2 {NATIONAL_ID} 1 say #")
        killing.result()
    assert report.outcome is Outcome.REGULAR, report
    intake = only_intake(node)
    assert intake["origin"] == "emergency"
    assert intake["kind"] == "request"
    assert 3.9 <= spoken_seconds(audio_of(node, intake)) <= 6
