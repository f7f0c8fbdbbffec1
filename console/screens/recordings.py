"""What has stopped on its way from the telephone to a text: the operators' page."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.paging import MAX_CURSOR
from casebridge.recordings import service as recordings
from casebridge.transcripts import service as transcripts
from casebridge.transcripts.schemas import TranscriptStatus
from console import figures
from console.language import N_
from console.pages import render
from console.visitor import BridgeParts, Operator

router = APIRouter()
PAGE: Final = 50
GIVEN_UP: Final = (TranscriptStatus.FAILED, TranscriptStatus.DEADLINE, TranscriptStatus.BROKEN)
STATES: Final = (
    TranscriptStatus.WAITING_FOR_MODEL,
    *GIVEN_UP,
    TranscriptStatus.EMPTY,
    TranscriptStatus.IN_PROGRESS,
    TranscriptStatus.QUEUED,
)
"""States of a transcript that is no text yet, those somebody can do something about first."""


@router.get("/recordings")
async def recordings_page(
    request: Request,
    bridge: BridgeParts,
    _: Operator,
    state: Annotated[str, Query(max_length=32)] = STATES[0].value,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Response:
    """Recordings by the state of their transcript, jobs given up, refused intakes."""
    shown = TranscriptStatus(state) if state in STATES else STATES[0]
    rejected = await asyncio.to_thread(figures.rejected_files, bridge.settings.spool_dir)
    dead = await figures.dead_jobs(bridge.redis)
    async with bridge.database.reading() as session:
        page = await recordings.list_recordings(
            session, bridge.cursors, transcript_status=shown, cursor=cursor, limit=PAGE
        )
        counts = await _counts(session, dead, rejected)
    return render(
        request,
        "recordings.html",
        page=page,
        state=shown.value,
        states=[status.value for status in STATES],
        counts=counts,
        dead=dead,
        rejected=rejected,
    )


async def _counts(
    session: AsyncSession,
    dead: list[figures.DeadJob] | None,
    rejected: list[figures.RejectedFile] | None,
) -> list[figures.Count]:
    waiting = await transcripts.count_transcripts(session, TranscriptStatus.WAITING_FOR_MODEL)
    failed = await transcripts.count_transcripts(session, *GIVEN_UP)
    return [
        figures.Count(N_("Transcripts waiting for a model"), "clock", waiting),
        figures.Count(N_("Transcripts that failed"), "alert-triangle", failed, alarm=True),
        figures.Count(N_("Jobs given up"), "x", None if dead is None else len(dead), alarm=True),
        figures.Count(
            N_("Refused intakes"), "inbox", None if rejected is None else len(rejected), alarm=True
        ),
    ]
