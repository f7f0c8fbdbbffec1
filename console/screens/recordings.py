"""What has stopped on its way from the telephone to a text: the operators' page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.bridge import Bridge
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow
from console import figures
from console.language import N_
from console.pages import render
from console.visitor import BridgeParts, Operator

router = APIRouter()
PAGE: Final = 50
LISTING: Final = "stuck-recordings"
STATES: Final = ("waiting_for_model", "failed", "deadline", "broken", "empty", "in_progress", "queued")


@dataclass(frozen=True)
class Page:
    """A page of recordings, oldest first."""

    items: list[RecordingRow]
    next_cursor: str | None


@router.get("/recordings")
async def recordings_page(
    request: Request,
    bridge: BridgeParts,
    _: Operator,
    state: Annotated[str, Query(max_length=32)] = STATES[0],
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> Response:
    """Recordings by the state of their transcript, jobs given up, refused intakes."""
    shown = state if state in STATES else STATES[0]
    rejected = await asyncio.to_thread(figures.rejected_files, bridge.settings.spool_dir)
    dead = await figures.dead_jobs(bridge.redis)
    async with bridge.database.reading() as session:
        page = await _page(session, bridge, shown, cursor)
        counts = await _counts(session, dead, rejected)
    return render(
        request,
        "recordings.html",
        page=page,
        state=shown,
        states=STATES,
        counts=counts,
        dead=dead,
        rejected=rejected,
    )


async def _page(session: AsyncSession, bridge: Bridge, state: str, cursor: str | None) -> Page:
    query = (
        select(RecordingRow)
        .join(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
        .where(TranscriptRow.status == state)
        .order_by(RecordingRow.id)
        .limit(PAGE + 1)
    )
    if cursor:
        query = query.where(RecordingRow.id > UUID(str(bridge.cursors.read(LISTING, cursor)[0])))
    rows = list(await session.scalars(query))
    more = bridge.cursors.make(LISTING, [str(rows[PAGE - 1].id)]) if len(rows) > PAGE else None
    return Page(rows[:PAGE], more)


async def _counts(
    session: AsyncSession,
    dead: list[figures.DeadJob] | None,
    rejected: list[figures.RejectedFile] | None,
) -> list[figures.Count]:
    waiting = await figures.transcripts_in(session, "waiting_for_model")
    failed = await figures.transcripts_in(session, "failed", "deadline", "broken")
    return [
        figures.Count(N_("Transcripts waiting for a model"), "clock", waiting),
        figures.Count(N_("Transcripts that failed"), "alert-triangle", failed, alarm=True),
        figures.Count(N_("Jobs given up"), "x", None if dead is None else len(dead), alarm=True),
        figures.Count(
            N_("Refused intakes"), "inbox", None if rejected is None else len(rejected), alarm=True
        ),
    ]
