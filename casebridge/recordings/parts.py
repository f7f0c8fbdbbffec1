"""The part of a sound somebody asks for, the answer with it, and the trail it leaves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse

from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.crypto import DamagedCiphertext, UnknownKey
from casebridge.people.access import address_of
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.rules import RangeOutside, byte_range
from casebridge.recordings.sealed import NoSuchFile

PLAYBACK_SECONDS = 600
"""A player asks for many ranges; within this time they are one playback in the audit trail."""
log = structlog.get_logger("casebridge.recordings")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` … `end - 1`, and the status and headers they are answered with."""

    start: int
    end: int
    status: int
    headers: dict[str, str]


def asked_part(request: Request, *, size: int, etag: str) -> Part:
    """The part a request asks for, of so many bytes. Raises Problem `range`."""
    wanted = request.headers.get("range")
    if request.headers.get("if-range") not in {None, etag}:
        wanted = None
    try:
        part = byte_range(wanted, size)
    except RangeOutside:
        raise Problem("range", headers={"Content-Range": f"bytes */{size}"}) from None
    start, end = part or (0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-store",
        "Content-Length": str(end - start),
    }
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Part(start, end, 206 if part else 200, headers)


async def answered(
    part: Part, chunks: AsyncIterator[bytes], recording_id: UUID, media_type: str
) -> StreamingResponse:
    """The answer; its first piece is read before it begins: what does not open is an error, not a torso."""
    try:
        head = await anext(chunks, b"")
    except (NoSuchFile, DamagedCiphertext, UnknownKey) as error:
        raise unreadable(recording_id, error) from error

    async def all_of_it() -> AsyncIterator[bytes]:
        yield head
        async for piece in chunks:
            yield piece

    return StreamingResponse(
        all_of_it(), status_code=part.status, headers=part.headers, media_type=media_type
    )


async def note_playback(
    bridge: Bridge, listener: str, actor: str, action: str, row: RecordingRow, request: Request
) -> None:
    """Writes a playback to the audit trail (promise 5): for each listener once within a while."""
    key = f"{listener}:{row.id}"
    if bridge.playbacks.get(key, 0.0) > time.monotonic():
        return
    async with bridge.database.writing() as session:
        await audit.write(
            session,
            actor,
            action,
            "recording",
            row.id,
            address=address_of(request),
            detail={"case_id": str(row.case_id)},
        )
    if len(bridge.playbacks) > 10_000:
        bridge.playbacks.clear()
    bridge.playbacks[key] = time.monotonic() + PLAYBACK_SECONDS


def unreadable(recording_id: UUID, error: Exception) -> Problem:
    """What is answered where the file is gone or does not open."""
    log.error("recording_unreadable", recording_id=str(recording_id), error=type(error).__name__)
    return Problem("unavailable")
