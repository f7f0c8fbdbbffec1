"""HTTP connections that send slowly, or without end: they are closed, so that they hold no place.

uvicorn waits for ever for the rest of a request, and keeps what has come of its headers in memory.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS: Final = 15.0
"""Time from a connection, or from the first byte of a further request, to the end of its headers."""
BODY_SILENCE_SECONDS: Final = 60.0
"""Longest pause in a body. A recording may come over a slow line, but it has to come."""
HEADER_BYTES: Final = 64 * 1024
"""Largest request without its body; cookies and cursors need a few kilobytes."""


class _Part(Enum):
    HEADERS = auto()
    BODY = auto()
    NOTHING = auto()
    """The request is whole: it is the application's turn, or the client's to ask again."""


class ImpatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol with limits on what a client may keep us waiting for."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._part = _Part.HEADERS
        self._header_bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A request is due."""
        super().connection_made(transport)
        self._wait(HEADER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Measure what comes, then take it as uvicorn does."""
        if self._part is _Part.BODY:
            self._wait(BODY_SILENCE_SECONDS)
        elif self._part is _Part.HEADERS:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._part is _Part.HEADERS and self._header_bytes > HEADER_BYTES:
            self._give_up()

    def on_message_begin(self) -> None:
        """A further request begins, perhaps in the same packet that ended the one before."""
        if self._part is _Part.NOTHING:
            self._part, self._header_bytes = _Part.HEADERS, 0
            self._wait(HEADER_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._part = _Part.BODY
        self._wait(BODY_SILENCE_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._part = _Part.NOTHING
        self._stop_waiting()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(seconds, self._too_slow, seconds)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _too_slow(self, seconds: float) -> None:
        if self.flow.read_paused:  # it is we who do not read: the application is behind
            self._wait(seconds)
        else:
            self._give_up()

    def _give_up(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.abort()
