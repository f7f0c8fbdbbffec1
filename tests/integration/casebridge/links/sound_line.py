"""A line between two centres that a test may cut, and that writes down what was asked for."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

_RANGE = re.compile(rb"[Rr]ange: bytes=(\d+)-")
_SOUND = re.compile(rb"^GET \S+/recordings/\S+/audio ")


@dataclass
class SoundLine:
    """Passes bytes on to a bridge; of answers with sound only so many while `stops_after` is set.

    A call that has come so far stands still until the line is cut.
    """

    port: int
    stops_after: int | None = None
    asked: list[int] = field(default_factory=list)
    """From which byte on sound was asked for, each time."""
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    _cut: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> SoundLine:
        """Listens."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hangs up."""
        self.cut()
        if self._server:
            self._server.close()

    def cut(self) -> None:
        """Ends what stands still; from now on all passes."""
        self.stops_after = None
        self._cut.set()

    def stop_after(self, size: int) -> None:
        """The next answer with sound stands still after so many bytes."""
        self.stops_after, self._cut, self.stalled = size, asyncio.Event(), asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            sound = _SOUND.match(head) is not None
            if sound and (found := _RANGE.search(head)):
                self.asked.append(int(found.group(1)))
            if sound and self.stalled.is_set():
                await self._cut.wait()  # who asks again meanwhile waits, too
            theirs, to_them = await asyncio.open_connection("127.0.0.1", self.port)
            to_them.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            up = asyncio.create_task(_pass(reader, to_them))
            try:
                await self._answer(theirs, writer, self.stops_after if sound else None)
            finally:
                up.cancel()
                to_them.close()
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two was killed
        finally:
            writer.close()

    async def _answer(
        self, theirs: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None
    ) -> None:
        passed = 0
        while piece := await theirs.read(16_384):
            writer.write(piece)
            await writer.drain()
            passed += len(piece)
            if limit is not None and passed > limit:
                self.stalled.set()
                await self._cut.wait()
                return


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(16_384):
        writer.write(piece)
        await writer.drain()
