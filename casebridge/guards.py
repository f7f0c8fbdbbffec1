"""ASGI middleware that stands before every route: how much may come in, what browsers must enforce."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from casebridge.problems import Problem, answer

JSON_LIMIT = 1024 * 1024
TRANSCRIPT_LIMIT = 16 * 1024 * 1024
AUDIO_LIMIT = 256 * 1024 * 1024
"""Largest bodies in bytes; an hour of two-channel A-law is 58 MB."""

SECURITY_HEADERS = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), payment=(), usb=(), microphone=(self)",
}
"""Answers of the API are data; pages have a policy of their own."""


_LARGE = {"audio": AUDIO_LIMIT, "transcript": TRANSCRIPT_LIMIT}
_RECORDING = re.compile(r"/api/v1/recordings/[^/]+/(audio|transcript)")


def limit_for(path: str) -> int:
    """Largest body of a path, in bytes: parts of a recording alone may be large."""
    found = _RECORDING.fullmatch(path)
    return _LARGE[found.group(1)] if found else JSON_LIMIT


class BodyLimit:
    """Refuses bodies that are too large, announced or not, with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what is received."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, received, started = limit_for(scope["path"]), 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise Problem("too_large", headers={"Connection": "close"})
            return message

        async def noticing(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        announced = _header(scope, b"content-length")
        if announced.isdigit() and int(announced[:20]) > limit:
            await answer(Request(scope), Problem("too_large"))(scope, receive, send)
            return
        try:
            await self._app(scope, counted, noticing)
        except Problem as problem:
            if started:
                raise
            await answer(Request(scope), problem)(scope, receive, send)


class SecurityHeaders:
    """Adds the headers of `SECURITY_HEADERS` to every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Completes the headers when the answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in SECURITY_HEADERS.items() if name not in present]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, complete)


def _header(scope: Scope, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""
