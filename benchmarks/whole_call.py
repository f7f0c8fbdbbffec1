"""Whole calls: a citizen opens a case, against the same prompts and keys in pure Asterisk dialplan.

The product as it is (Asterisk, ivr, bridge with SQLite, Redis) is phoned by SIPp over SIP and RTP. The caller
hears the greeting and each question to its end, answers with telephone-events (RFC 4733), speaks for twenty
seconds, hears the code twice, declines a callback and hears the goodbye; each call must end by the line's own
BYE, and each must be a case whose recording the bridge holds. The peer is another Asterisk of the same
configuration with an extension that plays the same prompts, reads the same keys, records the message and
tells a fixed code, and keeps nothing else. Prompts are noises as long as the synthesiser takes for their
Persian texts.

Both are phoned at the same time at the same steady rate, each by a SIPp of its own, so whatever disturbs the
machine disturbs both. When as many calls end as begin, processor time is read at the borders of five equal
windows: that of Asterisk, ivr, bridge and Redis here, that of Asterisk there, SIPp's on neither side. What is
measured is the processor time of a call; the figure judged is its inverse, whole calls a second of one core's
time. It is not the highest rate a machine carries: SIPp, which has to share this machine, would decide that.
That no call fails is shown of every call at the rate they were phoned at.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine, func, select

from asterisk_conf.prompts.catalogue import catalogue
from asterisk_conf.running import console
from benchmarks.caller_sound import CallerSound
from benchmarks.node import Node, allow_many_files, free_udp_ports, running_node
from benchmarks.rounds import Row, median, median_ratio, publish
from benchmarks.transcription_line import free_ports
from benchmarks.versions import asterisk_version, versions
from casebridge.recordings.models import RecordingRow
from ivr import prompts
from line111.accounts import make_accounts
from persian.identifiers import sample_identifier
from persian.spoken import digit_prompts

PROGRAMS = ("redis", "bridge", "ivr", "asterisk")
RATE = 1.5
"""Calls a second, to each."""
WINDOWS, WINDOW_SECONDS = 5, 20
AIM = 0.85
NATIONAL_ID = sample_identifier("national_id", 11)
LAND_LINE = "02188554433"
"""A number in Tehran: the province is known and not asked."""
CALLER = "127.0.0.2"
PORTS_A_CALL = 4
"""SIPp goes on by so many for each call."""
EXTENSION = "112"
"""The peer's number."""
LETTERS_A_SECOND = 10
"""As the synthesiser speaks."""
MESSAGE_MS = 20_000
THINKING_MS = 300
"""Between the end of a question and its answer."""
LANGUAGE = prompts.LANGUAGES[0]
_CATALOGUE = catalogue(LANGUAGE)
_DIGITS = digit_prompts("1234567890")
GREETING = (prompts.WELCOME, prompts.RECORDING_NOTICE, prompts.LANGUAGE_EN)
LANGUAGE_SECONDS = 0.4
IDENTITY = (prompts.IDENTITY_ASK, prompts.IDENTITY_LEGAL_OR_FOREIGN)
TOLD = (prompts.CODE_TOLD_INTRO, *_DIGITS)
TOLD_AGAIN = (prompts.CODE_REPEAT_INTRO, *_DIGITS, prompts.CODE_KEEP_IT)
"""The prompts of a call, as the steps of the default menu play them together."""


def milliseconds(*ids: str) -> int:
    """How long prompts last here, in whole frames of 20 ms."""
    texts = [_CATALOGUE[name].text for name in ids]
    return sum(max(120, 1000 * len(text) // LETTERS_A_SECOND // 20 * 20) for text in texts)


def write_sounds(folder: Path) -> None:
    """Every prompt of the first language as a noise of its length."""
    for name in prompts.required(LANGUAGE):
        file = folder / LANGUAGE / f"{name}.alaw"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes((0x25, 0xA5)) * (milliseconds(name) * 4))


def write_scenario(folder: Path) -> tuple[Path, float]:
    """The caller: what is sent and when; and how many seconds the call lasts.

    A key pressed early only cuts a prompt short, and one pressed late finds the line waiting, so small
    differences of time do no harm.
    """
    sound = CallerSound()
    sound.wait(THINKING_MS + milliseconds(*GREETING) + 1000 * LANGUAGE_SECONDS)
    for question, keys in (([prompts.MENU_MAIN], "1"), ([prompts.MENU_KIND], "2"), (IDENTITY, NATIONAL_ID)):
        sound.wait(milliseconds(*question) + THINKING_MS)
        sound.press(keys)
    sound.wait(milliseconds(prompts.IDENTITY_THANKS, prompts.CONTACT_OFFER_CALLER_ID) + THINKING_MS)
    sound.press("1")
    sound.wait(milliseconds(prompts.RECORD_AFTER_TONE, prompts.BEEP) + THINKING_MS)
    sound.speak(MESSAGE_MS)
    sound.press("#")
    sound.wait(milliseconds(prompts.MENU_CONFIRM_MESSAGE) + THINKING_MS)
    sound.press("1")
    sound.wait(milliseconds(*TOLD, *TOLD_AGAIN, prompts.MENU_CALLBACK_OFFER) + THINKING_MS)
    sound.press("2")
    sound.write(folder / "caller.pcap")
    text = Path(__file__).with_suffix(".xml").read_text()
    scenario = folder / "caller.xml"
    scenario.write_text(text.replace("[capture]", str(folder / "caller.pcap")))
    return scenario, (sound.at_ms + milliseconds(prompts.GOODBYE)) / 1000


def dialplan(node: Node) -> str:
    """The peer: the conversation of the default menu in Asterisk's own applications."""
    folder = node.settings.sounds_dir / LANGUAGE

    def read(variable: str, ids: Sequence[str], keys: int, seconds: float) -> str:
        return f"Read({variable},{'&'.join(str(folder / name) for name in ids)},{keys},,1,{seconds})"

    def given(variable: str, label: str) -> str:
        return f'GotoIf($["{variable}" != ""]?{label})'

    steps = [
        "Answer()",
        read("MENU", GREETING, 1, LANGUAGE_SECONDS),
        given("${MENU}", "kind"),
        read("MENU", [prompts.MENU_MAIN], 1, 3),
        "(kind)" + read("KIND", [prompts.MENU_KIND], 1, 3),
        read("ID", IDENTITY, 10, 3),
        read("CONTACT", [prompts.IDENTITY_THANKS], 1, 0.001),
        given("${CONTACT}", "message"),
        read("CONTACT", [prompts.CONTACT_OFFER_CALLER_ID], 1, 3),
        "(message)" + read("CUT", [prompts.RECORD_AFTER_TONE], 1, 0.001),
        read("CUT", [prompts.BEEP], 1, 0.001),
        f"Record({node.settings.calls_dir}/${{UNIQUEID}}.alaw,6,180,q)",
        read("CONFIRM", [prompts.MENU_CONFIRM_MESSAGE], 1, 3),
        read("BACK", TOLD, 1, 0.001),
        read("AGAIN", TOLD_AGAIN, 1, 0.001),
        given("${BACK}${AGAIN}", "goodbye"),
        read("BACK", [prompts.MENU_CALLBACK_OFFER], 1, 3),
        "(goodbye)" + read("CUT", [prompts.GOODBYE], 1, 0.001),
        "Hangup(16)",
    ]
    first, *others = (_step(step) for step in steps)
    lines = [f"exten => {EXTENSION},1{first}", *(f" same => n{step}" for step in others)]
    return "\n".join(("", "[from-trunk](+)", *lines, ""))


def add_dialplan(node: Node) -> None:
    """Put the peer into the running Asterisk."""
    console(node.settings, "core waitfullybooted")
    with (node.settings.asterisk_dir / "etc" / "extensions.conf").open("a") as file:
        file.write(dialplan(node))
    console(node.settings, "dialplan reload")


def _step(step: str) -> str:
    return step.replace(")", "),", 1) if step.startswith("(") else f",{step}"


class CallFailed(Exception):
    """A call did not go as the scenario has it."""


class Side:
    """A node and the SIPp that phones it."""

    def __init__(self, node: Node, number: str) -> None:
        self.node = node
        self._number = number
        self._sipp: subprocess.Popen[bytes] | None = None
        self.read: list[float] = []
        """Processor seconds of the node's programs, at each border of a window."""

    def phone(self, scenario: Path, calls: int) -> None:
        """Begin to phone."""
        (sip,) = free_ports(1)
        media = free_udp_ports(calls * PORTS_A_CALL)
        command = ["sipp", "-sf", str(scenario), "-i", CALLER, "-mi", CALLER, "-p", str(sip)]
        command += ["-mp", str(media), "-s", self._number, "-key", "caller", LAND_LINE]
        command += ["-m", str(calls), "-l", str(calls), "-r", str(round(RATE * 10)), "-rp", "10000"]
        command += ["-nostdin", "-trace_err", "-error_file", "sipp-errors.log"]
        command.append(f"127.0.0.1:{self.node.settings.sip.port}")
        log = (self.node.settings.log_dir / "sipp.log").open("wb")
        with log:
            self._sipp = subprocess.Popen(command, cwd=self.node.settings.home, stdout=log, stderr=log)

    def look(self) -> None:
        """A window's border."""
        self.read.append(self.node.cpu_seconds())

    def finish(self, seconds: float) -> None:
        """Wait for the last call; fails where one of all did not go as written."""
        assert self._sipp is not None
        if self._sipp.wait(seconds) != 0:
            errors = self.node.settings.home / "sipp-errors.log"
            told = errors.read_text(errors="replace")[-2000:] if errors.exists() else self.node.log("sipp")
            raise CallFailed(f"a call to {self._number} failed: {told}")

    def end(self) -> None:
        """Stop phoning, whatever happened."""
        if self._sipp is not None and self._sipp.poll() is None:
            self._sipp.kill()
            self._sipp.wait()

    def calls_a_second(self) -> list[float]:
        """Whole calls a second of processor time, in each window."""
        calls = RATE * WINDOW_SECONDS
        return [calls / (after - before) for before, after in itertools.pairwise(self.read)]


def wait_for_cases(node: Node, calls: int, seconds: float = 60) -> None:
    """Until the bridge has a case and the whole recording of every call, and of each only one."""
    until = time.monotonic() + seconds
    while (found := cases_held(node)) != calls:
        assert time.monotonic() < until, f"{calls} calls, {found} cases with their recordings"
        time.sleep(0.2)


def cases_held(node: Node) -> int:
    """Cases whose recording is whole."""
    engine = create_engine(node.settings.database_url.replace("+aiosqlite", ""))
    held = select(func.count(RecordingRow.case_id.distinct())).where(RecordingRow.state == "held")
    with engine.connect() as connection:
        return int(connection.scalar(held) or 0)


def call_both(sides: Sequence[Side], scenario: Path, length: float) -> int:
    """Phone all sides through all windows; returns how many calls each got."""
    calls = round(RATE * (length + WINDOWS * WINDOW_SECONDS))
    try:
        for side in sides:
            side.phone(scenario, calls)
        border = time.monotonic() + length
        for _ in range(WINDOWS + 1):
            time.sleep(max(0.0, border - time.monotonic()))
            for side in sides:
                side.look()
            border += WINDOW_SECONDS
        for side in sides:
            side.finish(3 * length)
    finally:
        for side in sides:
            side.end()
    return calls


def main() -> None:
    """Measure, print, keep."""
    allow_many_files()
    with running_node() as product, running_node() as peer:
        for node, programs in ((product, PROGRAMS), (peer, ("asterisk",))):
            make_accounts(node.settings)
            write_sounds(node.settings.sounds_dir)
            for program in programs:
                node.start(program)
        add_dialplan(peer)
        ours, theirs = Side(product, product.settings.number), Side(peer, EXTENSION)
        scenario, length = write_scenario(product.settings.home)
        calls = call_both((ours, theirs), scenario, length)
        wait_for_cases(product, calls)
        used = asterisk_version(peer.settings) | versions("SIPp", "Redis")
    publish("whole_call", [row(ours, theirs, calls, length)], programs=used)


def row(ours: Side, theirs: Side, calls: int, length: float) -> Row:
    """What came out."""
    carried = [side.calls_a_second() for side in (ours, theirs)]
    ratio = median_ratio(*carried)
    shown = [f"{median(rates):.2f}/s ({1000 / median(rates):.0f} ms a call)" for rates in carried]
    return Row(
        what=f"whole case-opening calls of {length:.0f} s a second of one core's time; "
        f"none of {calls} failed at {RATE}/s",
        ours=shown[0],
        against="the same prompts and keys in pure dialplan",
        theirs=shown[1],
        ratio=ratio,
        aim=f"≥ {AIM}",
        met=ratio >= AIM,
        rounds=WINDOWS,
    )


if __name__ == "__main__":
    main()
