"""HTTP by hand, so that whoever loads a server costs less than the server (RFC 9112, keep-alive)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self


class NotAccepted(Exception):
    """The server answered something else than success."""


class Connection:
    """One keep-alive connection that posts JSON to one path."""

    def __init__(self, host: str, port: int, path: str, token: str) -> None:
        self._address = (host, port)
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def post(self, body: bytes) -> None:
        """Send and wait for the whole answer. Raises NotAccepted unless it is 2xx."""
        self._writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        await self._answer()

    async def _answer(self) -> bytes:
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        answer = await self._reader.readexactly(int(lines.get(b"content-length", b"0")))
        if not head.startswith(b"HTTP/1.1 2"):
            raise NotAccepted(f"{head[:40]!r} {answer[:300]!r}")
        return answer


class Reader(Connection):
    """One keep-alive connection that asks for one path after another.

    Args:
        allowed_by: The header that says who asks, `Authorization: Bearer …` or `Cookie: …`.
    """

    def __init__(self, host: str, port: int, allowed_by: str) -> None:
        super().__init__(host, port, "", "")
        self._tail = f" HTTP/1.1\r\nHost: {host}:{port}\r\n{allowed_by}\r\n\r\n".encode()

    async def get(self, path: str) -> bytes:
        """The whole answer. Raises NotAccepted unless it is 2xx."""
        self._writer.write(b"GET " + path.encode() + self._tail)
        return await self._answer()


async def deliver_evenly(
    connect: Callable[[], Connection], connections: int, bodies: Sequence[bytes], rate: float
) -> list[float]:
    """Post bodies at an even rate, whether or not those before are answered; seconds each took.

    The time counts from the moment a body was due, so that waiting for a free connection is not hidden.
    """
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    taken: list[float] = []

    async def sender() -> None:
        async with connect() as connection:
            while (item := await due.get()) is not None:
                await connection.post(item[1])
                taken.append(time.perf_counter() - item[0])

    senders = [asyncio.create_task(sender()) for _ in range(connections)]
    begun = time.perf_counter()
    for number, body in enumerate(bodies):
        moment = begun + number / rate
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.put_nowait((moment, body))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    return taken
