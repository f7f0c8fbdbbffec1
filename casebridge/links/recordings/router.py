"""The sound of recordings that go along with a case, for the centre that has it too."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import StreamingResponse

from casebridge.bridge import Bridge, get_bridge
from casebridge.links.access import asked_by_centre
from casebridge.links.fan_out import CENTRE
from casebridge.links.recordings import service
from casebridge.links.rules import link_actor
from casebridge.problems import Problem, documented
from casebridge.recordings.parts import answered, asked_part, note_playback
from casebridge.recordings.schemas import RecordingState

router = APIRouter(tags=["links"])
NOT_YET_SECONDS = "60"
"""A recording that is on its way here itself is asked for again after so long."""


@router.get(
    "/links/centres/{centre}/cases/{case_id}/recordings/{recording_id}/audio",
    response_class=StreamingResponse,
    responses={
        **documented(404),
        200: {"description": "The sound", "content": {"audio/x-alaw-basic": {}}},
        206: {"description": "The part asked for"},
        416: {"description": "The range lies outside the sound"},
    },
)
async def get_sound(
    case_id: Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])],
    recording_id: Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000002"])],
    request: Request,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    centre: Annotated[str, Depends(asked_by_centre)],
) -> Response:
    """The sound of a recording, whole or in part, for the centre its case was given to (or came from).

    Each fetching is written to the audit trail (promise 5). What does not go along is 404; 503: not here yet.
    """
    async with bridge.database.reading() as session:
        row = await service.recording_to_send(session, centre, case_id, recording_id)
    if row.state != RecordingState.HELD:
        raise Problem("unavailable", headers={"Retry-After": NOT_YET_SECONDS})
    part = asked_part(request, size=row.bytes, etag=f'"{row.sha256}"')
    target = CENTRE + centre
    await note_playback(bridge, target, link_actor(target), "recording_fetched", row, request)
    chunks = bridge.store.read(row.id, part.start, part.end)
    return await answered(part, chunks, row.id, "audio/x-alaw-basic")
