"""Recordings over HTTP: streamed up and down, with byte ranges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import narrowed_to, sight
from casebridge.cartables.rules import Sight
from casebridge.cases import service as cases
from casebridge.cases.schemas import FollowUpQuestion
from casebridge.crypto import DamagedCiphertext, UnknownKey
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented
from casebridge.recordings import service, sound
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.parts import Part, answered, asked_part, note_playback, unreadable
from casebridge.recordings.rules import UnreadableDigest, announced_digest
from casebridge.recordings.schemas import Peaks, Recording, RecordingPage, RecordingState
from casebridge.recordings.sealed import NoSuchFile, WrongContent
from casebridge.transcripts.schemas import TranscriptStatus

FOLLOW_UPS = 10
FOLLOW_UP_SECONDS = 600
"""The answer to a code may be played so often in this time."""
ALAW = "audio/x-alaw-basic"
PEAKS_A_SECOND = 100
"""Finest resolution of a drawing: with more, peaks could be listened to, and no trail would tell."""

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
    part = asked_part(request, size=size, etag=f'"{row.sha256}-{format}"')
    await _audit_playback(bridge, who, row, request)
    if format == "wav":
        return await answered(part, _wav(bridge, row, part.start, part.end), row.id, "audio/wav")
    return await answered(part, bridge.store.read(row.id, part.start, part.end), row.id, ALAW)


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
    part = Part(0, row.bytes, 200, {"Content-Length": str(row.bytes), "Cache-Control": "private, no-store"})
    return await answered(part, bridge.store.read(row.id, 0, row.bytes), row.id, ALAW)


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
        raise unreadable(row.id, error) from error
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


async def _audit_playback(bridge: Bridge, who: Principal, row: RecordingRow, request: Request) -> None:
    action = "recording_played" if who.kind == "person" else "recording_read"
    await note_playback(bridge, who.csrf_token or who.name, who.actor, action, row, request)


def _wrong(part: str) -> Problem:
    field = "Content-Length" if part == "size" else "Content-Digest"
    return Problem("invalid_request", errors=[(field, f"{part}_mismatch")])
