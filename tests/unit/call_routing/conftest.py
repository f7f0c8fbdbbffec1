"""A manager interface that misbehaves as asked, and a Redis of its own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from call_routing.ami import AmiAddress, AmiLink, Tempo
from tests.waiting import until

Answer = Callable[["FakeAsterisk", dict[str, str], asyncio.StreamWriter], Awaitable[None]]
SWIFT = Tempo(answer=1.0, connect=1.0, login=1.0, ping=0.3, first_retry=0.05, most_retry=0.2)


@dataclass
class FakeAsterisk:
    """Greets, takes every login, answers `Success` — until `answer` does something else."""

    greeting: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    answer: Answer | None = None
    actions: list[dict[str, str]] = field(default_factory=list)
    connected_at: list[float] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])

    @property
    def names(self) -> list[str]:
        """Actions received, without logins and pings."""
        return [one["Action"] for one in self.actions if one["Action"] not in ("Login", "Ping")]

    async def start(self, port: int = 0) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
        self.drop()

    def drop(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected_at.append(time.monotonic())
        self.writers.append(writer)
        writer.write(self.greeting)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
                self.actions.append(action)
                if self.answer is not None:
                    await self.answer(self, action, writer)
                else:
                    respond(writer, action)
                await writer.drain()


def respond(
    writer: asyncio.StreamWriter, action: dict[str, str], response: str = "Success", **fields: str
) -> None:
    """Write a message that answers an action."""
    lines = {"Response": response, "ActionID": action["ActionID"], **fields}
    writer.write("".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode() + b"\r\n")


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    fake = FakeAsterisk()
    await fake.start()
    yield fake
    await fake.stop()


@dataclass
class Linked:
    """A link, and how often it has read everything anew."""

    link: AmiLink
    rereads: int = 0


@pytest.fixture
async def make_link() -> AsyncIterator[Callable[..., Linked]]:
    """`make_link(port)` gives a started link."""
    made: list[Linked] = []

    def make(port: int, tempo: Tempo = SWIFT) -> Linked:
        async def reread() -> None:
            linked.rereads += 1

        linked = Linked(AmiLink(AmiAddress("127.0.0.1", port, "call_routing", "secret"), reread, tempo=tempo))
        made.append(linked)
        linked.link.start()
        return linked

    yield make
    for linked in made:
        await linked.link.stop()


@dataclass
class OwnRedis:
    """A Redis server that a test may kill."""

    port: int
    folder: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                self.folder,
            ],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        pytest.fail("Redis does not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = OwnRedis(port, tempfile.mkdtemp(prefix="l111-redis-"))
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder)


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., Awaitable[None]]:
    return until


@pytest.fixture(name="respond")
def _respond() -> Callable[..., None]:
    return respond
