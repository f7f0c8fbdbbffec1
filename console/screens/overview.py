"""The first page: what is new, who waits."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.bridge import Bridge
from casebridge.callbacks import service as callbacks
from casebridge.callbacks.schemas import Callback, State
from casebridge.cartables.access import narrowed_to, sight_of
from casebridge.cases.listing import CaseFilter, count_opened, list_cases
from casebridge.cases.schemas import CaseRow
from casebridge.people.service import Principal
from casebridge.transcripts import service as transcripts
from casebridge.transcripts.schemas import TranscriptStatus
from console import figures
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseReader, SignedIn

router = APIRouter()
LATEST: Final = 8
FIRST_IN_LINE: Final = 6


@router.get("/")
async def overview(request: Request, bridge: BridgeParts, person: SignedIn) -> Response:
    """The overview, as far as the person's roles reach."""
    async with bridge.database.reading() as session:
        counts = await _counts(request, session, bridge, person)
        latest = await _latest(session, bridge, person) if "cases:read" in person.scopes else []
        waiting = await _waiting(session, bridge) if "callbacks:read" in person.scopes else None
    return render(request, "overview.html", counts=counts, latest=latest, waiting=waiting)


@router.get("/overview/counts")
async def counts_part(request: Request, bridge: BridgeParts, person: SignedIn) -> Response:
    """The numbers again."""
    async with bridge.database.reading() as session:
        counts = await _counts(request, session, bridge, person)
    return render(request, "overview_counts.html", counts=counts)


@router.get("/overview/latest")
async def latest_part(request: Request, bridge: BridgeParts, person: CaseReader) -> Response:
    """The latest cases again."""
    async with bridge.database.reading() as session:
        latest = await _latest(session, bridge, person)
    return render(request, "overview_latest.html", latest=latest)


async def _counts(
    request: Request, session: AsyncSession, bridge: Bridge, person: Principal
) -> list[figures.Count]:
    speech = language_of(request)
    today = speech.start_of(datetime.now(speech.zone).date())
    day = speech.short_day(today)
    reads, operates = "cases:read" in person.scopes, "operate" in person.scopes
    return [
        figures.Count(
            N_("New today"),
            "inbox",
            await count_opened(session, today),
            f"/cases?since={day}" if reads else None,
        ),
        figures.Count(
            N_("Callbacks waiting"),
            "phone-incoming",
            await callbacks.count_callbacks(session, State.WAITING),
            "/callbacks",
        ),
        figures.Count(
            N_("Transcripts waiting for a model"),
            "file-text",
            await transcripts.count_transcripts(session, TranscriptStatus.WAITING_FOR_MODEL),
            "/recordings" if operates else None,
        ),
        figures.Count(N_("Calls on the line now"), "phone-call", await figures.live_calls(bridge.redis)),
    ]


async def _latest(session: AsyncSession, bridge: Bridge, person: Principal) -> list[CaseRow]:
    seen = narrowed_to(await sight_of(session, person))
    page = await list_cases(session, bridge.keys, bridge.cursors, CaseFilter(), seen, limit=LATEST)
    return page.items


async def _waiting(session: AsyncSession, bridge: Bridge) -> list[Callback]:
    page = await callbacks.list_callbacks(session, bridge.cursors, state=State.WAITING, limit=FIRST_IN_LINE)
    return page.items
