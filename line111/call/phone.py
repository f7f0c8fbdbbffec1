"""A SIP phone without a person: baresip, driven over its ctrl_tcp interface (netstrings of JSON).

Each phone has a temporary folder with its configuration, the sound it says and what it heard. It says
silence until told otherwise: a real phone never stops sending, and Asterisk's silence detection counts
packets. A sound that ends makes baresip end the call, so every sound is as long as the call may last.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from line111.call.hearing import RATE, Samples
from line111.call.speech import write_wav
from line111.node_files import DIES_WITH_PARENT

_MODULES = Path("/usr/lib/baresip/modules")
_WAV_HEADER = 44
_START_SECONDS = 10.0
_CONFIG = """\
poll_method epoll
sip_listen {local}:{sip_port}
net_interface {local}
call_local_timeout {ring_seconds}
call_max_calls 1
audio_player aubridge,heard
audio_source aufile,{folder}/silence.wav
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
jitter_buffer_delay 1-10
module_path {modules}
module g711.so
module sndfile.so
module aubridge.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path {folder}/sound
redial_attempts 0
"""


class PhoneUnusable(Exception):
    """baresip is missing, does not start or does not obey; the text says what to do or what it said."""


class NotAnswered(Exception):
    """The line did not answer: SIP's reason, or that nobody answered in time."""


@dataclass(frozen=True)
class Line:
    """Whom to phone, and as whom.

    Raises:
        ValueError: a part is not what it should be. (They end up in a configuration file.)
    """

    to: str = "111"
    server: str = "127.0.0.1:5060"
    local: str = "127.0.0.2"
    number: str = "+982188554433"

    def __post_init__(self) -> None:
        for name, pattern in (
            ("to", r"\+?[0-9*#]{1,20}"),
            ("number", r"\+?[0-9]{1,20}|anonymous"),
            ("local", r"[0-9]{1,3}(\.[0-9]{1,3}){3}"),
            ("server", r"[A-Za-z0-9.-]{1,250}(:[0-9]{1,5})?"),
        ):
            if not re.fullmatch(pattern, getattr(self, name)):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not acceptable")


class Phone:
    """One phone for one call; use it as an asynchronous context.

    Args:
        line: whom to phone, and as whom.
        seconds: the longest the call may last.
        ring_seconds: how long to let it ring.
    """

    def __init__(self, line: Line, seconds: float, ring_seconds: int = 20) -> None:
        self.line = line
        self.ended: str | None = None
        """Why the call ended, in SIP's words; None while it is up."""
        self._seconds = seconds
        self._ring_seconds = ring_seconds
        self._folder = Path(tempfile.mkdtemp(prefix="line111-phone-"))
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._closed = asyncio.Event()
        self._read_to = _WAV_HEADER
        self._sounds = 0

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def dial(self) -> float:
        """Phone the line; returns the moment (`time.monotonic()`) it answered. Raises NotAnswered."""
        await self._order("dial", f"sip:{self.line.to}@{self.line.server}")
        waits = [asyncio.ensure_future(event.wait()) for event in (self._answered, self._closed)]
        await asyncio.wait(waits, timeout=self._ring_seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._answered.is_set():
            return time.monotonic()
        raise NotAnswered(self.ended or f"no answer in {self._ring_seconds} s")

    async def press(self, key: str) -> None:
        """Send a key as RFC 4733 telephone-event (about 180 ms)."""
        await self._order("sndcode", key)

    async def say(self, sound: Samples) -> None:
        """Speak from now on; silence follows. Returns at once."""
        self._sounds += 1
        file = self._folder / f"say{self._sounds}.wav"
        write_wav(file, np.pad(sound, (0, self._silence_length())))
        await self._order("ausrc", f"aufile,{file}")

    async def hang_up(self) -> None:
        """End the call."""
        await self._order("hangup")

    def newly_heard(self) -> Samples:
        """Samples heard since the last time this was asked."""
        samples = self._samples("dec", self._read_to)
        self._read_to += 2 * len(samples)
        return samples

    def all_said(self) -> Samples:
        """Everything that was sent, from the call's beginning."""
        return self._samples("enc", _WAV_HEADER)

    async def close(self) -> None:
        """End the phone and remove its folder."""
        if self._process is not None and self._process.returncode is None:
            await self._end(self._process)
        if self._listener is not None:
            self._listener.cancel()
        if self._writer is not None:
            self._writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if self._writer is not None and not self._writer.is_closing():
            await self._order("quit")
        else:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 3)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _start(self) -> None:
        program = shutil.which("baresip")
        if program is None:
            raise PhoneUnusable("baresip is not installed; apt-get install baresip-core")
        control_port = self._write_folder()
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*DIES_WITH_PARENT, program, "-4", "-f", str(self._folder)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        reader, self._writer = await self._connect(self._process, control_port)
        self._listener = asyncio.create_task(self._listen(reader))

    def _write_folder(self) -> int:
        control_port = _free_port("127.0.0.1", socket.SOCK_STREAM)
        sip_port = _free_port(self.line.local, socket.SOCK_STREAM, socket.SOCK_DGRAM)
        (self._folder / "sound").mkdir()
        (self._folder / "contacts").touch()
        write_wav(self._folder / "silence.wav", np.zeros(self._silence_length(), np.int16))
        (self._folder / "accounts").write_text(
            f"<sip:{self.line.number}@{self.line.local}:{sip_port}>;regint=0;audio_codecs=pcma\n"
        )
        (self._folder / "config").write_text(
            _CONFIG.format(
                local=self.line.local,
                sip_port=sip_port,
                control_port=control_port,
                folder=self._folder,
                modules=_MODULES,
                ring_seconds=self._ring_seconds,
            )
        )
        return control_port

    async def _connect(
        self, process: asyncio.subprocess.Process, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        deadline = time.monotonic() + _START_SECONDS
        while process.returncode is None and time.monotonic() < deadline:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
        log = (self._folder / "log").read_text(errors="replace").strip().splitlines()
        raise PhoneUnusable(f"baresip does not start: {' / '.join(log[-4:])}")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                self._notice(json.loads(await _netstring(reader)))
        except (asyncio.IncompleteReadError, OSError, ValueError):
            self.ended = self.ended or "the phone ended"
            self._closed.set()

    def _notice(self, told: dict[str, Any]) -> None:
        if told.get("type") == "CALL_ESTABLISHED":
            self._answered.set()
        elif told.get("type") == "CALL_CLOSED":
            self.ended = str(told.get("param", "")) or "ended"
            self._closed.set()

    async def _order(self, command: str, parameter: str = "") -> None:
        if self._writer is None:
            raise PhoneUnusable("the phone was not started")
        order = json.dumps({"command": command, "params": parameter}).encode()
        try:
            self._writer.write(b"%d:%s," % (len(order), order))
            await self._writer.drain()
        except OSError as error:
            raise PhoneUnusable(f"baresip ended: {error}") from None

    def _samples(self, direction: str, offset: int) -> Samples:
        found = list((self._folder / "sound").glob(f"dump-*-{direction}.wav"))
        if not found:
            return np.zeros(0, np.int16)
        with found[0].open("rb") as file:
            file.seek(offset)
            data = file.read()
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)

    def _silence_length(self) -> int:
        return int((self._seconds + 30) * RATE)


async def _netstring(reader: asyncio.StreamReader) -> bytes:
    """One netstring, `LENGTH:BYTES,`. Raises ValueError for anything else."""
    head = await reader.readuntil(b":")
    body = await reader.readexactly(int(head[:-1]) + 1)
    if body[-1:] != b",":
        raise ValueError("no netstring")
    return body[:-1]


def _free_port(address: str, *kinds: socket.SocketKind) -> int:
    """A port nobody has in any of these ways: baresip takes its own for SIP over TCP and UDP."""
    while True:
        with contextlib.ExitStack() as held:
            port = 0
            try:
                for kind in kinds:
                    probe = held.enter_context(socket.socket(socket.AF_INET, kind))
                    probe.bind((address, port))
                    port = int(probe.getsockname()[1])
            except OSError as error:
                if not port:
                    raise PhoneUnusable(f"{address} is no address of this machine: {error}") from None
                continue  # somebody has it in another way
            return port
