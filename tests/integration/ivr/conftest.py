"""The ivr process and the emergency script as they run, led by a stand-in for Asterisk's side of AGI."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx
import pytest

from ivr.codes import CodeBlock
from ivr.kill_points import VARIABLE
from ivr.spool import Spool
from line111.secrets import read_secret
from line111.settings import PROJECT, Settings
from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code

NATIONAL_ID = sample_identifier("national_id", 11)
SPEECH = bytes([0x25, 0xA5] * 16_000)
"""Four seconds, loud, in A-law."""
CASE = {
    "menu/main": "1", "menu/kind": "1", "identity/ask": NATIONAL_ID,
    "identity/legal_or_foreign": NATIONAL_ID, "contact/offer_caller_id": "1",
    "menu/confirm_message": "1", "menu/callback_offer": "1", "menu/callback_time": "3",
}  # fmt: skip
"""What a caller answers who opens a case and wishes a callback tomorrow."""


@dataclass
class PhoneCall:
    """A call as the dialplan leads it: ivr first, then the emergency script, with one caller."""

    call_id: str
    answers: dict[str, str]
    speech: bytes = SPEECH
    hang_up_at: str = ""
    """The prompt at which the caller hangs up."""
    ahead: str = ""
    """Keys pressed one by one while nothing is told."""
    language: str = "fa"
    """What the channel's language is; whoever leads the call may set it."""
    heard: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    """Language of each prompt that was heard."""
    done: bool = False
    hung_up: bool = False
    _keys: str = ""

    @property
    def codes_told(self) -> list[str]:
        """Every code told in full, as often as it was told."""
        codes, digits = [], None
        for prompt in self.heard:
            if prompt in ("code/told_intro", "code/repeat_intro"):
                digits = ""
            elif prompt.startswith("digits/") and digits is not None:
                digits += prompt[-1]
                if len(digits) == 10:
                    codes.append(digits)
                    digits = None
        return codes

    def environment(self) -> bytes:
        """What Asterisk says at the start of a script."""
        lines = ("agi_network_script: citizen_line", "agi_callerid: 02188554433", "agi_uniqueid: 1.1")
        return "\n".join((*lines, f"agi_language: {self.language}", "", "")).encode()

    def reply(self, line: str) -> bytes:
        """Asterisk's answer to a command."""
        words = shlex.split(line)
        command = " ".join(words[:2])
        if self.hung_up:
            return b"511 Command Not Permitted on a dead channel or intercept routine\n"
        if command == "GET VARIABLE":
            values = {"LINE111_CALL_ID": self.call_id, "LINE111_KEYS": self._keys}
            return f"200 result=1 ({values[words[2]]})\n".encode()
        if command == "SET VARIABLE":
            self.done = self.done or words[2:] == ["LINE111_DONE", "1"]
            if words[2] == "CHANNEL(language)":
                self.language = words[3]
            return b"200 result=1\n"
        if command == "RECORD FILE":
            Path(words[2] + ".alaw").write_bytes(self.speech)
            return self._or_hang_up("record", f"200 result=35 (dtmf) endpos={len(self.speech)}\n")
        if command == "STREAM FILE":
            self._hear(words[2])
            return self._or_hang_up(self.heard[-1], "200 result=0 endpos=100\n")
        if command == "GET DATA":
            keys = self._answer([words[2]], int(words[4]))
            return self._or_hang_up(self.heard[-1], f"200 result={keys}{'' if keys else ' (timeout)'}\n")
        if command == "EXEC Read":
            _, files, keys, *_ = words[2].split(",")
            sounds = files.split("&")
            self._keys = self._answer(sounds, int(keys))
            heard = self.heard[-len(sounds) :]
            place = self.hang_up_at if self.hang_up_at in heard else heard[-1]
            return self._or_hang_up(place, "200 result=0\n")
        if command == "WAIT FOR":
            key, self.ahead = self.ahead[:1], self.ahead[1:]
            return f"200 result={ord(key) if key else 0}\n".encode()
        return b"200 result=6\n" if command == "CHANNEL STATUS" else b"200 result=0\n"

    def _or_hang_up(self, place: str, reply: str) -> bytes:
        if place != self.hang_up_at:
            return reply.encode()
        self.hung_up = True
        return b"HANGUP\n200 result=-1 (hangup) endpos=0\n"

    def _answer(self, sounds: list[str], keys: int) -> str:
        for sound in sounds:
            self._hear(sound)
        assert all(sounds), "Asterisk plays no empty sound"
        return next((self.answers[name] for name in self.heard[-len(sounds) :] if name in self.answers), "")[
            :keys
        ]

    def _hear(self, sound: str) -> None:
        language, *name = Path(sound).parts[-3:]
        self.heard.append("/".join(name))
        self.spoken.append(language)


class IvrNode:
    """A node's ivr, emergency script and dialplan."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self.settings = settings
        self.spool = Spool(settings.spool_dir)
        self.spool.prepare()
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def add_codes(self, holder: str, count: int = 50) -> None:
        """Put codes into a block, as leased before the bridge went away."""
        first = {"ivr": 1_000_000, "emergency": 2_000_000}[holder]
        CodeBlock(self.settings.spool_dir, holder).add(
            make_tracking_code(first + n * 7) for n in range(count)
        )

    def start(self, kill_at: str = "", **variables: str) -> None:
        """Start ivr and wait until it answers."""
        environment = self._environment | {f"LINE111_{name}": value for name, value in variables.items()}
        if kill_at:
            environment[VARIABLE] = kill_at
        with (self.settings.home / "ivr.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ivr"], env=environment, cwd="/", stdout=log, stderr=log
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.settings.ivr.port), timeout=1).close()
                return
            time.sleep(0.05)
        pytest.fail(f"ivr did not start:\n{self.log[-3000:]}")

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait; the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(40)
        self._process = None
        return code

    def send(self, number: int) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def was_killed(self) -> bool:
        """Whether the process has killed itself, as a test asked."""
        return self._process is not None and self._process.wait(10) == -signal.SIGKILL

    @property
    def log(self) -> str:
        """What ivr has logged so far."""
        return (self.settings.home / "ivr.log").read_text(errors="replace")

    def health(self) -> dict:
        """What the process says of itself."""
        return httpx.get(f"http://127.0.0.1:{self.settings.ivr.metrics_port}/health", trust_env=False).json()

    def call(self, number: int = 1, answers: dict[str, str] | None = None, **options) -> PhoneCall:
        """Lead a call as the dialplan does."""
        call = PhoneCall(f"n1-1764000000.{number}", CASE if answers is None else answers, **options)
        self.over_tcp(call)
        if not call.done and not call.hung_up:
            self.over_pipes(call)
        return call

    def over_tcp(self, call: PhoneCall) -> None:
        """Lead a call with the ivr, until it ends or the ivr dies."""
        with suppress(OSError):
            link = socket.create_connection(("127.0.0.1", self.settings.ivr.port), timeout=30)
            with link, link.makefile("rb") as lines:
                link.sendall(call.environment())
                for line in lines:
                    link.sendall(call.reply(line.decode()))

    def over_pipes(self, call: PhoneCall) -> subprocess.Popen[bytes]:
        """Lead a call with the emergency script, as Asterisk starts it."""
        site = self.settings.home / "emergency.json"
        site.write_text(json.dumps(self._site()))
        command = [sys.executable, "-P", "-m", "agi_scripts.emergency_intake", "--config", str(site)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
        with (self.settings.home / "ivr.log").open("ab") as log:
            script = subprocess.Popen(
                command, env=environment, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        assert script.stdin is not None
        assert script.stdout is not None
        self._talk(call, script.stdin, script.stdout)
        script.wait(30)
        return script

    def records(self, kind: str) -> list[dict]:
        """Records of a type in the spool, delivered or not yet."""
        found = [self.spool.read(path) for path in self.spool.pending() + self.spool.waiting_for_code()]
        return [record for record in found if record["type"] == kind]

    def _talk(self, call: PhoneCall, out: IO[bytes], lines: IO[bytes]) -> None:
        with suppress(BrokenPipeError), out, lines:
            out.write(call.environment())
            out.flush()
            for line in lines:
                out.write(call.reply(line.decode()))
                out.flush()

    def _site(self) -> dict[str, object]:
        return {
            "node": self.settings.node,
            "spool_dir": str(self.settings.spool_dir),
            "calls_dir": str(self.settings.calls_dir),
            "sounds_dir": str(self.settings.sounds_dir),
            "sealing_public": read_secret(self.settings, "sealing_public"),
            "key_timeout_seconds": 1,
            "unknown_setting": "of a newer node",
        }


@pytest.fixture
def ivr_node(
    node_home: Settings, node_environment: Callable[[Settings], dict[str, str]]
) -> Iterator[IvrNode]:
    """A node whose bridge is away until a test starts it."""
    node = IvrNode(node_home, node_environment(node_home))
    yield node
    node.end()
    if (node_home.home / "ivr.log").exists():
        print(node.log[-4000:])  # shown where the test failed
