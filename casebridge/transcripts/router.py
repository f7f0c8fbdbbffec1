"""PUT and GET /recordings/{id}/transcript."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.people.access import KnownFirst, require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.transcripts import service
from casebridge.transcripts.schemas import NewTranscript, Transcript

router = APIRouter(tags=["transcripts"], route_class=KnownFirst)
RecordingId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000002"])]
EXAMPLE = {
    "language": "en",
    "model": {"name": "vosk-model-small-en-us-0.15", "sha256": "7" * 64},
    "status": "done",
    "detail": None,
    "segments": [
        {
            "speaker": "applicant",
            "start_ms": 0,
            "end_ms": 900,
            "text": "street light",
            "words": [
                {"text": "street", "start_ms": 0, "end_ms": 420, "confidence": 0.98},
                {"text": "light", "start_ms": 430, "end_ms": 900, "confidence": 0.91},
            ],
        }
    ],
    "text": "street light",
}


@router.put("/recordings/{recording_id}/transcript", status_code=204, responses=documented(404))
async def put_transcript(
    recording_id: RecordingId,
    transcript: Annotated[NewTranscript, Body(examples=[EXAMPLE])],
    bridge: Annotated[Bridge, Depends(get_bridge)],
    who: Annotated[Principal, Depends(require("transcripts:write"))],
) -> Response:
    """Replaces the transcript; with `in_progress` a page shows it as it arrives."""
    async with bridge.database.writing() as session:
        await service.put_transcript(session, recording_id, transcript, who.actor)
    bridge.relay.wake()
    return Response(status_code=204)


@router.get("/recordings/{recording_id}/transcript", responses=documented(404))
async def get_transcript(
    recording_id: RecordingId,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _who: Annotated[Principal, Depends(require("transcripts:read"))],
) -> Transcript:
    """The transcript with the time and confidence of each word."""
    async with bridge.database.reading() as session:
        return await service.get_transcript(session, recording_id)
