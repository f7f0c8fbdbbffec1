"""Recordings over HTTP: streamed up and down, with byte ranges."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

import structlog
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from casebridge.audit import service as audit
from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import narrowed_to, sight
from casebridge.cartables.rules import Sight
from casebridge.cases import service as cases
from casebridge.cases.schemas import FollowUpQuestion
from casebridge.crypto import DamagedCiphertext, UnknownKey
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import address_of, require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented
from casebridge.recordings import service, sound
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.rules import RangeOutside, UnreadableDigest, announced_digest, byte_range
from casebridge.recordings.schemas import Peaks, Recording, RecordingPage, RecordingState
from casebridge.recordings.store import NoSuchFile, WrongContent
from casebridge.transcripts.schemas import TranscriptStatus

FOLLOW_UPS = 10
FOLLOW_UP_SECONDS = 600
"""The answer to a code may be played so often in this time."""
PLAYBACK_SECONDS = 600
"""A player asks for many ranges; within this time they are one playback in the audit trail."""
PEAKS_A_SECOND = 100
"""Finest resolution of a drawing: with more, peaks could be listened to, and no trail would tell."""

log = structlog.get_logger("casebridge.recordings")
router = APIRouter(tags=["recordings"])
RecordingId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000002"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Reader = Annotated[Principal, Depends(require("recordings:read"))]


@router.get("/recordings", responses=documented())
async def list_recordings(
    bridge: Parts,
    seen: Annotated[Sight, Depends(sight)],
    _who: Reader,
    transcript_status: TranscriptStatus | None = None,
    case_id: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RecordingPage:
    """Recordings, oldest first; by the state of their transcript, or of one case."""
    async with bridge.database.reading() as session:
        return await service.list_recordings(
            session,
            bridge.cursors,
            transcript_status=transcript_status,
            case_id=case_id,
            narrow=narrowed_to(seen),
            cursor=cursor,
            limit=limit,
        )


@router.get("/recordings/{recording_id}", responses=documented(404))
async def describe(recording_id: RecordingId, bridge: Parts, _who: Reader) -> Recording:
    """Facts of a recording."""
    async with bridge.database.reading() as session:
        return await service.describe(session, recording_id)


@router.put(
    "/recordings/{recording_id}/audio",
    status_code=204,
    responses=documented(404, 409, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "raw G.711 A-law, 8000 bytes a second and channel",
                }
            },
        }
    },
)
async def put_audio(
    recording_id: RecordingId,
    request: Request,
    bridge: Parts,
    who: Annotated[Principal, Depends(require("recordings:write"))],
    content_digest: Annotated[str | None, Header(max_length=500)] = None,
    x_content_sha256: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """Stores the sound of an announced recording; repeating it changes nothing.

    It is kept only where size and SHA-256 are those the intake announced.
    """
    try:
        announced = announced_digest(content_digest, x_content_sha256)
    except UnreadableDigest as error:
        raise Problem("invalid_request", errors=[(str(error), "digest_unreadable")]) from None
    async with bridge.database.reading() as session:
        row = await service.get_recording(session, recording_id)
    if row.state == RecordingState.HELD:
        if announced not in {None, row.sha256}:
            raise Problem("other_content")
        return Response(status_code=204)
    if announced not in {None, row.sha256}:
        raise _wrong("digest")
    length = request.headers.get("content-length")
    if length and length.isdigit() and int(length) != row.bytes:
        raise _wrong("size")
    try:
        key_number = await bridge.store.keep(
            recording_id, request.stream(), size=row.bytes, sha256=row.sha256
        )
    except WrongContent as error:
        raise _wrong(error.part) from None
    async with bridge.database.writing() as session:
        await service.mark_held(session, recording_id, key_number, who.actor)
    bridge.relay.wake()
    return Response(status_code=204)


@router.get(
    "/recordings/{recording_id}/audio",
    response_class=StreamingResponse,
    responses={
        **documented(404),
        200: {"description": "The sound", "content": {"audio/x-alaw-basic": {}, "audio/wav": {}}},
        206: {"description": "The part asked for"},
        416: {"description": "The range lies outside the sound"},
    },
)
async def get_audio(
    recording_id: RecordingId,
    request: Request,
    bridge: Parts,
    who: Reader,
    format: Annotated[Literal["alaw", "wav"], Query(description="raw A-law, or 16-bit PCM WAV")] = "alaw",
) -> Response:
    """The sound, whole or in part. Each playback is written to the audit trail (promise 5)."""
    row = await _held(bridge, recording_id)
    size = sound.wav_size(row.bytes) if format == "wav" else row.bytes
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{row.sha256}-{format}"',
        "Cache-Control": "private, no-store",
    }
    wanted = request.headers.get("range")
    if request.headers.get("if-range") not in {None, headers["ETag"]}:
        wanted = None
    try:
        part = byte_range(wanted, size)
    except RangeOutside:
        raise Problem("range", headers={"Content-Range": f"bytes */{size}"}) from None
    await _audit_playback(bridge, who, row, request)
    start, end = part or (0, size)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    chunks = _wav(bridge, row, start, end) if format == "wav" else bridge.store.read(row.id, start, end)
    return StreamingResponse(
        await _opened(chunks, row.id),
        status_code=206 if part else 200,
        headers=headers,
        media_type="audio/wav" if format == "wav" else "audio/x-alaw-basic",
    )


@router.post(
    "/follow-ups/voice",
    tags=["follow-ups"],
    response_class=StreamingResponse,
    responses={
        **documented(404, 429),
        200: {"description": "The sound", "content": {"audio/x-alaw-basic": {}}},
    },
)
async def voice_of_answer(
    question: Annotated[
        FollowUpQuestion,
        Body(
            examples=[
                {"tracking_code": "1234567890", "identifier_kind": "national_id", "identifier": "9990000001"}
            ]
        ),
    ],
    request: Request,
    bridge: Parts,
    who: Annotated[Principal, Depends(require("followups:read"))],
) -> Response:
    """The official's voice that answered a case, for its applicant on the line; no other recording."""
    await bridge.throttle.attempt(
        "follow-up-voice", question.tracking_code, limit=FOLLOW_UPS, seconds=FOLLOW_UP_SECONDS
    )
    lookup = bridge.lookup(question.identifier_kind.value, question.identifier)
    async with bridge.database.reading() as session:
        recording_id = await cases.voice_of_answer(session, question.tracking_code, lookup)
    row = await _held(bridge, recording_id)
    await _audit_playback(bridge, who, row, request)
    return StreamingResponse(
        await _opened(bridge.store.read(row.id, 0, row.bytes), row.id),
        headers={"Content-Length": str(row.bytes), "Cache-Control": "private, no-store"},
        media_type="audio/x-alaw-basic",
    )


@router.get("/recordings/{recording_id}/peaks", responses=documented(404))
async def get_peaks(
    recording_id: RecordingId,
    bridge: Parts,
    _who: Reader,
    count: Annotated[int, Query(ge=10, le=5000, description="stretches")] = 800,
) -> Peaks:
    """How loud each stretch is, for drawing the waveform."""
    row = await _held(bridge, recording_id)
    try:
        whole = b"".join([part async for part in bridge.store.read(row.id, 0, row.bytes)])
    except (NoSuchFile, DamagedCiphertext, UnknownKey) as error:
        raise _unreadable(row.id, error) from error
    count = min(count, max(1, row.duration_ms * PEAKS_A_SECOND // 1000))
    return Peaks(duration_ms=row.duration_ms, channels=sound.peaks(whole, channels=row.channels, count=count))


async def _held(bridge: Bridge, recording_id: UUID) -> RecordingRow:
    async with bridge.database.reading() as session:
        row = await service.get_recording(session, recording_id)
    if row.state != RecordingState.HELD:
        raise Problem("no_sound_yet")
    return row


async def _wav(bridge: Bridge, row: RecordingRow, start: int, end: int) -> AsyncIterator[bytes]:
    """Bytes of the WAV view: the header, then each A-law byte as a sample of two bytes."""
    header = sound.wav_header(row.bytes, rate=row.rate, channels=row.channels)
    first = max(start - sound.WAV_HEADER, 0) // sound.SAMPLE_BYTES
    last = -(-max(end - sound.WAV_HEADER, 0) // sound.SAMPLE_BYTES)
    position = sound.WAV_HEADER + first * sound.SAMPLE_BYTES
    if start < sound.WAV_HEADER:
        yield header[start:end]
    async for part in bridge.store.read(row.id, first, last):
        pcm = sound.to_pcm(part)
        yield pcm[max(start - position, 0) : end - position]
        position += len(pcm)


async def _opened(chunks: AsyncIterator[bytes], recording_id: UUID) -> AsyncIterator[bytes]:
    """Reads the first piece before the answer begins: what does not open is an error, not a torso."""
    try:
        head = await anext(chunks, b"")
    except (NoSuchFile, DamagedCiphertext, UnknownKey) as error:
        raise _unreadable(recording_id, error) from error

    async def go_on() -> AsyncIterator[bytes]:
        yield head
        async for part in chunks:
            yield part

    return go_on()


async def _audit_playback(bridge: Bridge, who: Principal, row: RecordingRow, request: Request) -> None:
    key = f"{who.csrf_token or who.name}:{row.id}"
    if bridge.playbacks.get(key, 0.0) > time.monotonic():
        return
    async with bridge.database.writing() as session:
        await audit.write(
            session,
            who.actor,
            "recording_played" if who.kind == "person" else "recording_read",
            "recording",
            row.id,
            address=address_of(request),
            detail={"case_id": str(row.case_id)},
        )
    if len(bridge.playbacks) > 10_000:
        bridge.playbacks.clear()
    bridge.playbacks[key] = time.monotonic() + PLAYBACK_SECONDS


def _unreadable(recording_id: UUID, error: Exception) -> Problem:
    log.error("recording_unreadable", recording_id=str(recording_id), error=type(error).__name__)
    return Problem("unavailable")


def _wrong(part: str) -> Problem:
    field = "Content-Length" if part == "size" else "Content-Digest"
    return Problem("invalid_request", errors=[(field, f"{part}_mismatch")])
