"""Whole calls: a citizen opens a case, against the same prompts and keys in pure Asterisk dialplan.

The product as it is (Asterisk, ivr, bridge with SQLite, Redis) is phoned by SIPp over SIP and RTP: keys as
telephone-events, a message of eight seconds, `#`, the code told twice, goodbye. Each call must end by the
line's own BYE, and each must be a case whose recording the bridge holds. The peer is an extension of the
same Asterisk that plays the same prompts, reads the same keys, records the message and tells a fixed code,
and keeps nothing else. Prompts are short sounds, so a call lasts about thirteen seconds.

Both are called in turn at the same steady rate. What a machine carries is its cores divided by the
processor time of a call: of all programs, SIPp included, since it has to share the machine here; that the
product really carries 70 % of it without a failed call is proved by a run at that rate. The second row leaves
SIPp out.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from asterisk_conf.running import console
from benchmarks.caller_sound import CallerSound
from benchmarks.node import Node, allow_many_files, running_node
from benchmarks.rounds import Row, interleave, median, median_ratio, publish
from benchmarks.transcription_line import free_ports
from ivr import prompts
from line111.accounts import make_accounts
from persian.identifiers import sample_identifier
from persian.spoken import digit_prompts

PROGRAMS = ("redis", "bridge", "ivr", "asterisk")
PRODUCT, DIALPLAN = "111", "112"
RATE, CALLS = 6, 60
"""Calls a second and calls of a round."""
PROOF_SECONDS = 15
PROVED = 0.7
"""Part of the calls a machine carries that must really go through without a failure."""
NATIONAL_ID = sample_identifier("national_id", 11)
LAND_LINE = "02188554433"
"""A number in Tehran: the province is known and not asked."""
CALLER = "127.0.0.2"
PROMPT_SECONDS = 0.1
FIRST_MEDIA_PORT = 25_000
"""SIPp's first RTP port; each call has the next four."""


@dataclass(frozen=True)
class Cost:
    """Processor milliseconds of a call."""

    programs: float
    sipp: float

    @property
    def carried(self) -> float:
        """Calls a second this machine carries."""
        return 1000 * len(os.sched_getaffinity(0)) / (self.programs + self.sipp)


def write_sounds(folder: Path) -> None:
    """Every prompt of the first language as a short noise."""
    sound = bytes((0x25, 0xA5)) * int(PROMPT_SECONDS * 4000)
    for name in prompts.required(prompts.LANGUAGES[0]):
        file = folder / prompts.LANGUAGES[0] / f"{name}.alaw"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sound)


def write_scenario(folder: Path) -> Path:
    """The caller: what is sent and when. Keys pressed ahead are kept, so only the message is by the clock."""
    sound = CallerSound()
    sound.wait_until(150)
    sound.press(f"12{NATIONAL_ID}1")
    sound.wait_until(3000)
    sound.speak(8000)
    sound.press("#1")
    sound.wait_until(13_000)
    sound.press("2")
    sound.write(folder / "caller.pcap")
    text = Path(__file__).with_suffix(".xml").read_text()
    scenario = folder / "caller.xml"
    scenario.write_text(text.replace("[capture]", str(folder / "caller.pcap")))
    return scenario


def dialplan(node: Node) -> str:
    """The peer: the conversation of the default menu in Asterisk's own applications."""
    folder = node.settings.sounds_dir / prompts.LANGUAGES[0]

    def read(variable: str, ids: Sequence[str], keys: int, seconds: float) -> str:
        return f"Read({variable},{'&'.join(str(folder / name) for name in ids)},{keys},,1,{seconds})"

    def given(variable: str, label: str) -> str:
        return f'GotoIf($["{variable}" != ""]?{label})'

    digits = digit_prompts("1234567890")
    steps = [
        "Answer()",
        read("MENU", [prompts.WELCOME, prompts.RECORDING_NOTICE, prompts.LANGUAGE_EN], 1, 0.4),
        given("${MENU}", "kind"),
        read("MENU", [prompts.MENU_MAIN], 1, 3),
        "(kind)" + read("KIND", [prompts.MENU_KIND], 1, 3),
        read("ID", [prompts.IDENTITY_ASK, prompts.IDENTITY_LEGAL_OR_FOREIGN], 10, 3),
        read("CONTACT", [prompts.IDENTITY_THANKS], 1, 0.001),
        given("${CONTACT}", "message"),
        read("CONTACT", [prompts.CONTACT_OFFER_CALLER_ID], 1, 3),
        "(message)" + read("CUT", [prompts.RECORD_AFTER_TONE], 1, 0.001),
        read("CUT", [prompts.BEEP], 1, 0.001),
        f"Record({node.settings.calls_dir}/${{UNIQUEID}}.alaw,6,180,q)",
        read("CONFIRM", [prompts.MENU_CONFIRM_MESSAGE], 1, 3),
        read("BACK", [prompts.CODE_TOLD_INTRO, *digits], 1, 0.001),
        read("AGAIN", [prompts.CODE_REPEAT_INTRO, *digits, prompts.CODE_KEEP_IT], 1, 0.001),
        given("${BACK}${AGAIN}", "goodbye"),
        read("BACK", [prompts.MENU_CALLBACK_OFFER], 1, 3),
        "(goodbye)" + read("CUT", [prompts.GOODBYE], 1, 0.001),
        "Hangup(16)",
    ]
    first, *others = (_step(step) for step in steps)
    lines = [f"exten => {DIALPLAN},1{first}", *(f" same => n{step}" for step in others)]
    return "\n".join(("", "[from-trunk](+)", *lines, ""))


def add_dialplan(node: Node) -> None:
    """Put the peer into the running Asterisk."""
    console(node.settings, "core waitfullybooted")
    with (node.settings.asterisk_dir / "etc" / "extensions.conf").open("a") as file:
        file.write(dialplan(node))
    console(node.settings, "dialplan reload")


def _step(step: str) -> str:
    return step.replace(")", "),", 1) if step.startswith("(") else f",{step}"


class Phoning:
    """Callers of one node."""

    def __init__(self, node: Node, scenario: Path) -> None:
        self.node = node
        self.scenario = scenario
        self.opened = 0

    def cost(self, number: str, calls: int = CALLS, rate: float = RATE) -> Cost:
        """Phone a number so often, at so many calls a second; fails where a call did."""
        before, sipp_before = self.node.cpu_seconds(), _children_seconds()
        self._phone(number, calls, rate)
        sipp = _children_seconds() - sipp_before
        if number == PRODUCT:
            self.opened += calls
            self._wait_for_cases()
        return Cost(1000 * (self.node.cpu_seconds() - before) / calls, 1000 * sipp / calls)

    def _phone(self, number: str, calls: int, rate: float) -> None:
        (sip,) = free_ports(1)
        command = ["sipp", "-sf", str(self.scenario), "-i", CALLER, "-mi", CALLER, "-p", str(sip)]
        command += ["-mp", str(FIRST_MEDIA_PORT)]
        command += ["-s", number, "-key", "caller", LAND_LINE, "-m", str(calls), "-l", str(calls)]
        command += ["-r", str(round(rate * 10)), "-rp", "10000", "-nostdin", "-timeout", "150s"]
        command += [f"127.0.0.1:{self.node.settings.sip.port}"]
        done = subprocess.run(command, cwd=self.node.settings.home, capture_output=True, check=False)
        assert done.returncode == 0, f"a call to {number} failed at {rate:.1f} a second"

    def _wait_for_cases(self, seconds: float = 90) -> None:
        """Until the bridge has a case and the whole recording of every call, and each only once."""
        until = time.monotonic() + seconds
        while (found := self._held()) != self.opened:
            assert time.monotonic() < until, f"{self.opened} calls, {found} cases with their recordings"
            time.sleep(0.2)

    def _held(self) -> int:
        engine = sqlalchemy.create_engine(self.node.settings.database_url.replace("+aiosqlite", ""))
        count = (
            "SELECT count(*) FROM cases JOIN recordings ON case_id = cases.id WHERE recordings.state = 'held'"
        )
        with engine.connect() as connection:
            return int(connection.scalar(sqlalchemy.text(count)) or 0)


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Measure, print, keep."""
    allow_many_files()
    costs: dict[str, list[Cost]] = {PRODUCT: [], DIALPLAN: []}
    with running_node() as node:
        make_accounts(node.settings)
        write_sounds(node.settings.sounds_dir)
        for program in PROGRAMS:
            node.start(program)
        add_dialplan(node)
        phoning = Phoning(node, write_scenario(node.settings.home))

        def measured(number: str) -> float:
            costs[number].append(phoning.cost(number))
            return costs[number][-1].carried

        carried = interleave(
            {PRODUCT: lambda: measured(PRODUCT), DIALPLAN: lambda: measured(DIALPLAN)}, rounds=5
        )
        proof = median(carried[PRODUCT]) * PROVED
        phoning.cost(PRODUCT, round(proof * PROOF_SECONDS), proof)
        version = console(node.settings, "core show version").split()[1]
    ratio = median_ratio(carried[PRODUCT], carried[DIALPLAN])
    alone = {number: [cost.programs for cost in costs[number][1:]] for number in costs}
    against = "the same prompts and keys in pure dialplan"
    publish(
        "whole_call",
        [
            Row(
                what=f"whole case-opening calls/s, no failed call (proved at {proof:.1f}/s)",
                ours=f"{median(carried[PRODUCT]):.1f}/s",
                against=against,
                theirs=f"{median(carried[DIALPLAN]):.1f}/s",
                ratio=ratio,
                aim="≥ 0.85",
                met=ratio >= 0.85,
                rounds=5,
            ),
            Row(
                what="processor time of such a call, SIPp left out",
                ours=f"{median(alone[PRODUCT]):.0f} ms",
                against=against,
                theirs=f"{median(alone[DIALPLAN]):.0f} ms",
                ratio=median_ratio(alone[PRODUCT], alone[DIALPLAN]),
                aim="told, not judged",
                met=True,
                rounds=5,
            ),
        ],
        programs={"Asterisk": version},
    )


if __name__ == "__main__":
    main()
