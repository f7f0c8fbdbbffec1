"""A whole line for tests: Asterisk, ivr, bridge with its screens, Redis, transcription, all as processes.

Everything is the product's own command; every part can be killed and started again. Citizens phone it
with a real SIP phone and know what they hear by ear, not by what the line writes about itself.
"""

from __future__ import annotations

import asyncio
import audioop
import contextlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import redis

from ivr.codes import CodeBlock
from ivr.kill_points import VARIABLE, DecisionPoint, KillPoint
from ivr.message_audio import spoken_seconds
from line111.call.conversation import CallReport, Plan, phone_the_line
from line111.call.hearing import RATE, Samples
from line111.call.phone import Line
from line111.call.prompts_heard import PromptIndex, told_codes
from line111.call.script import Manners, parse_script
from line111.secrets import read_secret, redis_url
from persian.identifiers import sample_identifier
from tests.pbx.conftest import Pbx, free_port
from tests.pbx.line_process import Part
from tests.pbx.line_sounds import LIKE, likeness, voice_like, write_short_prompts
from tests.pbx.what_became import AskedLine
from tests.waiting import wait_for

LAND_LINE = "+982188554433"
"""A number in Tehran: its province is known, so it is not asked."""
MOBILE = "+989121234567"
"""A number that tells no province."""
NATIONAL_ID = sample_identifier("national_id", 11)
OPEN_A_CASE = f"1 2 {NATIONAL_ID} 1"
"""Case, request, who I am, call me at this number; what follows is the tone."""
WHOLE_CALL = f"{OPEN_A_CASE} say # 1 2"
"""And the message, confirmed; no callback."""
SPOKEN_SECONDS = 4.0


@dataclass
class Phoned:
    """A call that is over, from the citizen's side."""

    report: CallReport
    message: Samples = field(repr=False)
    call_id: str | None = None
    """Asterisk's name for the call, where it was asked for."""

    @property
    def codes(self) -> list[str]:
        """Tracking codes as they were heard, each time they were told."""
        return told_codes(self.report.prompts)

    @property
    def code(self) -> str:
        """The one tracking code that was heard, however often. Fails where there were others."""
        whole = {code for code in self.codes if len(code) == 10}
        assert len(whole) == 1, (self.codes, self.report)
        return whole.pop()

    def like(self, sound: bytes) -> float:
        """Correlation of loudness of a recording with the most like stretch of all the phone has sent."""
        recorded = np.frombuffer(audioop.alaw2lin(sound, 2), np.int16)
        sent = np.pad(self.report.said, (0, RATE))  # the phone keeps its last packets to itself when it ends
        return likeness(audioop.lin2alaw(sent.tobytes(), 2), recorded)

    def is_whole(self, sound: bytes) -> bool:
        """Whether a recording holds what was sent, from the message's beginning to its end."""
        return self.like(sound) > LIKE and spoken_seconds(sound) > 0.95 * len(self.message) / RATE

    @property
    def heard(self) -> list[str]:
        """Names of the prompts that were heard, in order."""
        return [prompt.id for prompt in self.report.prompts]

    @property
    def languages(self) -> set[str]:
        """Languages that were heard."""
        return {prompt.language for prompt in self.report.prompts}


class WholeLine(AskedLine):
    """A node with all its processes. `start()` starts what a call needs."""

    def __init__(self, pbx: Pbx) -> None:
        super().__init__(pbx.settings)
        self.pbx = pbx
        self.redis = self._redis()
        self.bridge = self._module("line111.serve_bridge", self._bridge_is_ready, "bridge")
        self.ivr = self._module("ivr", self._ivr_is_ready)
        self.transcription = self._module("transcription", self._transcription_is_ready)
        self._index: PromptIndex | None = None

    def start(self) -> None:
        """Redis, bridge, ivr, Asterisk, and codes to tell."""
        with ThreadPoolExecutor(2) as pool:
            calls = pool.submit(self.pbx.start)
            self.redis.start()
            self.bridge.start()
            self.ivr.start()
            self.await_codes()
            calls.result()

    def stop(self) -> None:
        """End everything but Asterisk, which its own fixture ends."""
        for part in (self.transcription, self.ivr, self.bridge, self.redis):
            part.stop()

    def await_codes(self) -> None:
        """Until codes for both ivr and the emergency script are leased."""
        blocks = [CodeBlock(self.settings.spool_dir, holder) for holder in ("ivr", "emergency")]
        wait_for(lambda: all(block.left() > 5 for block in blocks), 30, "leased codes")

    def start_ivr(self, kill_at: KillPoint | DecisionPoint | None = None) -> None:
        """Start ivr; it kills itself where it reaches `kill_at`."""
        self.ivr.start(**({VARIABLE: kill_at.value} if kill_at else {}))

    # Citizens -----------------------------------------------------------------------------------

    def phone(self, script: str, **how: Any) -> Phoned:
        """A citizen phones; see `phoning`."""
        return asyncio.run(self.phoning(script, **how))

    async def phoning(
        self,
        script: str,
        *,
        number: str = LAND_LINE,
        message: Samples | None = None,
        named: bool = False,
        seconds: float = 75,
        on_message: Callable[[], object] | None = None,
        message_at: float = 2.0,
        **manners: Any,
    ) -> Phoned:
        """A citizen phones and does what the script says.

        Args:
            number: who phones; "anonymous" withholds it.
            message: what is said; None: a sound of this script's own.
            seconds: the longest the call may last.
            named: find out Asterisk's name of the call (the number must be phoning only once then).
            on_message: what happens to the line while the message is being recorded.
            message_at: after how many seconds of recording.
            manners: see `line111.call.script.Manners`.
        """
        if message is None:
            message = voice_like(f"{number} {script}", SPOKEN_SECONDS)
        plan = Plan(
            Line(server=f"{self.settings.sip.bind}:{self.settings.sip.port}", number=number),
            parse_script(script),
            message,
            Manners(**({"quiet": 0.45, "patience": 5.0, "key_gap": 0.22} | manners)),
            timeout=seconds,
            prompts=await asyncio.to_thread(self.prompts),
        )
        finding = asyncio.create_task(self._find_call_id(number)) if named else None
        happening = asyncio.create_task(self._during_message(on_message, message_at)) if on_message else None
        report = await phone_the_line(plan)
        if happening:
            await happening
        phoned = Phoned(report, message, await finding if finding else None)
        self.told += {code for code in phoned.codes if len(code) == 10}
        return phoned

    def prompts(self) -> PromptIndex:
        """What this line can say, to be known by ear."""
        if self._index is None:
            self._index = PromptIndex(self.settings.sounds_dir)
        return self._index

    async def _during_message(self, act: Callable[[], object], seconds_in: float) -> None:
        await asyncio.to_thread(self.at_message, seconds_in)
        await asyncio.to_thread(act)

    def at_message(self, seconds_in: float = 2.0) -> Path:
        """Wait until a citizen has been speaking for so long; the file Asterisk records into."""
        pattern = "*/take*-part*.alaw"
        known = set(self.settings.calls_dir.glob(pattern))
        limit = int(seconds_in * RATE)

        def growing() -> Path | None:
            new = set(self.settings.calls_dir.glob(pattern)) - known
            return next((file for file in new if file.stat().st_size >= limit), None)

        return wait_for(growing, 60, "a message being recorded")

    # Inside -------------------------------------------------------------------------------------

    async def _find_call_id(self, number: str) -> str:
        """By Asterisk's list of channels, while the call is up."""
        shown = ("", "(None)") if number == "anonymous" else (number,)
        for _ in range(60):
            await asyncio.sleep(0.5)
            lines = await asyncio.to_thread(self.pbx.cli, "core show channels concise")
            for line in lines.splitlines():
                words = line.split("!")
                if len(words) > 10 and words[7] in shown:
                    return words[-1]
        raise AssertionError(f"Asterisk knows no call of {number}:\n{lines}")

    def _module(self, name: str, ready: Callable[[], object], called: str = "") -> Part:
        command = [sys.executable, "-P", "-m", name]
        log = self.settings.log_dir / f"{called or name}.log"
        return Part(called or name, command, self.pbx.environment, log, ready)

    def _redis(self) -> Part:
        folder = self.settings.run_dir
        folder.mkdir(parents=True, exist_ok=True)
        command = ["redis-server", "--port", str(self.settings.redis.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--requirepass", read_secret(self.settings, "redis_password")]
        log = self.settings.log_dir / "redis.log"
        return Part(
            "redis", [*command, "--dir", str(folder)], self.pbx.environment, log, self._redis_is_ready
        )

    def _redis_is_ready(self) -> bool:
        with contextlib.closing(redis.Redis.from_url(redis_url(self.settings))) as client:
            return bool(client.ping())

    def _bridge_is_ready(self) -> bool:
        return httpx.get(f"{self.settings.bridge.url}/health", timeout=2, trust_env=False).is_success

    def _ivr_is_ready(self) -> bool:
        return self._healthy(self.settings.ivr.metrics_port) and self._listens()

    def _listens(self) -> bool:
        files = f":{self.settings.ivr.port:04X} "
        return any(
            files in line and " 0A " in line for line in Path("/proc/net/tcp").read_text().splitlines()
        )

    def _transcription_is_ready(self) -> bool:
        return self._healthy(self.settings.transcription.metrics_port)

    @staticmethod
    def _healthy(port: int) -> bool:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2, trust_env=False).is_success


@pytest.fixture(scope="module")
def make_line(make_asterisk: Callable[..., Pbx]) -> Iterator[Callable[..., WholeLine]]:
    """Makes whole lines: `make_line(ivr={"orphan_seconds": 2})`; they end with the module."""
    made: list[WholeLine] = []

    def make(
        *, start: bool = True, sounds: Callable[[Path], None] = write_short_prompts, **parts: Any
    ) -> WholeLine:
        bridge_port = free_port()
        pbx = make_asterisk(
            start=False,
            bridge={"port": bridge_port, "url": f"http://127.0.0.1:{bridge_port}"},
            redis={"port": free_port()},
            transcription={"metrics_port": free_port(), **parts.pop("transcription", {})},
            call_routing={"metrics_port": free_port()},
            ivr={"key_timeout_seconds": 3.0, "orphan_seconds": 3.0, **parts.pop("ivr", {})},
            **parts,
        )
        sounds(pbx.settings.sounds_dir)
        for folder in (pbx.settings.run_dir, pbx.settings.models_dir, pbx.settings.home / "db"):
            folder.mkdir(parents=True, exist_ok=True)
        line = WholeLine(pbx)
        line.spool.prepare()
        made.append(line)
        if start:
            line.start()
        return line

    yield make
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda line: (line.stop(), line.pbx.stop()), made))
