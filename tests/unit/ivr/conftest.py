"""A node on disk, and a caller who presses keys by a script, without Asterisk."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from nacl.public import PrivateKey

from ivr.agi.commands import Recording
from ivr.agi.session import CallerHungUp
from ivr.call import Call
from ivr.callback_times import CallbackTimes
from ivr.codes import CodeBlock
from ivr.conversation import converse
from ivr.decisions import DecisionDesk
from ivr.drafts import Drafts
from ivr.intake import IntakeDesk
from ivr.line import Followed, Line
from ivr.menu import load_menu
from ivr.spool import Spool
from line111.clock import now
from persian.tracking_code import make_tracking_code

VOICE = bytes([0x25, 0xA5] * 80)
"""20 ms that are loud in A-law."""
SILENCE = b"\xd5" * 160


def speech(seconds: float) -> bytes:
    return VOICE * round(seconds * 50)


def silence(seconds: float) -> bytes:
    return SILENCE * round(seconds * 50)


@dataclass
class ScriptedCaller:
    """A channel whose caller presses what the script says, then nothing, then hangs up.

    Each entry answers one question: keys, "" for silence; `hang up` ends the call there. A recording
    takes the next of `messages`; None hangs up after what stands before it was spoken.
    """

    keys: list[str]
    messages: list[bytes] = field(default_factory=lambda: [speech(4)])
    hang_up_in_recording: bool = False
    patience: int = 60
    heard: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    interrupts: list[str] = field(default_factory=list)
    recorded: list[Path] = field(default_factory=list)
    hung_up: bool = False

    async def answer(self) -> None:
        return None

    async def play(self, sounds: Sequence[Path]) -> str:
        self._alive()
        self._hear(sounds)
        return self.interrupts.pop(0) if self.interrupts else ""

    async def collect(self, sounds: Sequence[Path], keys: int, seconds: float) -> str:
        self._alive()
        self._hear(sounds)
        if not self.keys:
            self.patience -= 1
            if self.patience < 0:
                self._hang_up()
            return ""
        pressed = self.keys.pop(0)
        if pressed == "hang up":
            self._hang_up()
        if len(pressed) > keys:
            self.keys.insert(0, pressed[keys:])
        return pressed[:keys].partition("#")[0]

    async def record(self, path: Path, *, seconds: int, silence: int) -> Recording:
        self._alive()
        sound = self.messages.pop(0) if self.messages else b""
        path.with_suffix(".alaw").write_bytes(sound)
        self.recorded.append(path)
        if self.hang_up_in_recording:
            self._hang_up()
        return Recording(len(sound), "#")

    async def set_variable(self, name: str, value: str) -> None:
        self._alive()
        self.variables[name] = value

    async def get_variable(self, name: str) -> str | None:
        self._alive()
        return self.variables.get(name)

    def _hear(self, sounds: Sequence[Path]) -> None:
        self.heard += ["/".join(sound.parts[-3:]) for sound in sounds]

    def _alive(self) -> None:
        if self.hung_up:
            raise CallerHungUp

    def _hang_up(self) -> None:
        self.hung_up = True
        raise CallerHungUp


class Node:
    """A node's disk and what a call finds on it."""

    def __init__(self, home: Path) -> None:
        self.private_key = PrivateKey.generate()
        self.spool = Spool(home / "spool")
        self.spool.prepare()
        self.calls_dir = home / "calls"
        self.calls_dir.mkdir()
        self.drafts = Drafts(home / "spool")
        self.codes = CodeBlock(home / "spool", "ivr")
        self.codes.add(make_tracking_code(1000 + number * 37) for number in range(50))
        self.desk = IntakeDesk(
            node="n1", origin="ivr", spool=self.spool, calls_dir=self.calls_dir,
            codes=[lambda: self.codes.take()[0]],
        )  # fmt: skip
        self.events: list[str] = []
        self.followed: Followed | Exception | None = Followed(
            "complaint", datetime(2026, 11, 20, 9, 30, tzinfo=UTC), "registered", None, False, UUID(int=7)
        )
        self.questions: list[tuple[str, str, str]] = []
        self.menu = load_menu()
        self.moment: datetime | None = None
        """What the clock shows; None: the real one."""
        self.callback_times = CallbackTimes()
        self.callback_waits = False
        """Whether the bridge says that the caller waited for a callback already."""
        self.line = Line(
            node="n1", sounds_dir=Path("/sounds"), calls_dir=self.calls_dir,
            sealing_public=base64.b64encode(bytes(self.private_key.public_key)).decode(),
            spool=self.spool, drafts=self.drafts, desk=self.desk, follow_up=self._follow_up,
            decisions=DecisionDesk("n1", self.spool, self.drafts, self.calls_dir),
            read_out=self._read_out, fetch_voice=self._fetch_voice, wake_forwarder=lambda: None,
            callback_times=self.callback_times, joined_callback=lambda _record_id: self.callback_waits,
            now=lambda: self.moment or now(), on_event=self.events.append,
        )  # fmt: skip

    async def phone(
        self, caller: ScriptedCaller, number: str | None = "+982188554433", call_id: str = "n1-1764.5"
    ) -> Call:
        call = Call(self.line, caller, self.menu, call_id, number)
        await converse(call)
        return call

    def records(self, kind: str = "intake") -> list[dict]:
        found = [self.spool.read(path) for path in self.spool.pending() + self.spool.waiting_for_code()]
        return [record for record in found if record["type"] == kind]

    def opened(self, record: dict) -> dict:
        from line111.sealing import unseal

        return unseal(record["sealed"], base64.b64encode(bytes(self.private_key)).decode())

    async def _follow_up(self, code: str, kind: str, identifier: str) -> Followed | None:
        self.questions.append((code, kind, identifier))
        if isinstance(self.followed, Exception):
            raise self.followed
        return self.followed

    async def _read_out(self, language: str, text: str, folder: Path) -> Path | None:
        return folder / "reply"

    async def _fetch_voice(self, code: str, kind: str, identifier: str, folder: Path) -> Path | None:
        (folder / "voice.alaw").write_bytes(VOICE)
        return folder / "voice"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.fixture
def make_node(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Node]:
    """Makes fresh nodes, for tests that try many calls."""
    return lambda: Node(tmp_path_factory.mktemp("node"))


@pytest.fixture
def caller() -> Callable[..., ScriptedCaller]:
    """Makes a caller: `caller("1", "2", …)`, one entry for each question."""

    def make(*keys: str, **options) -> ScriptedCaller:
        return ScriptedCaller(list(keys), **options)

    return make


@pytest.fixture
def say() -> Callable[[float], bytes]:
    """A-law of somebody speaking so many seconds."""
    return speech


@pytest.fixture
def say_nothing() -> Callable[[float], bytes]:
    """A-law of a silent line."""
    return silence
