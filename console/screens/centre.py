"""The Centre's overview: how many cases are where in the country, and how many are late."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from casebridge.cartables.access import counted_for, sight_of
from casebridge.cartables.overview import overview
from casebridge.cases.schemas import Status
from casebridge.country.service import country
from casebridge.people.service import Principal
from console.figures import Count
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CentreReader

router = APIRouter()
STATUSES: Final = (
    "registered", "referred", "in_hand", "waiting_applicant", "answered", "accepted", "objected",
    "second_review",
)  # fmt: skip


@router.get("/centre")
async def centre_page(request: Request, bridge: BridgeParts, person: CentreReader) -> Response:
    """Counts by status, province and unit."""
    return await _shown(request, bridge, person, "centre.html")


@router.get("/centre/counts")
async def counts_part(request: Request, bridge: BridgeParts, person: CentreReader) -> Response:
    """The counts again."""
    return await _shown(request, bridge, person, "centre_counts.html")


async def _shown(request: Request, bridge: BridgeParts, person: Principal, template: str) -> Response:
    speech = language_of(request)
    async with bridge.database.reading() as session:
        seen = await sight_of(session, person)
        found = await overview(session, counted_for(seen))
        land = await country(session)
    total = found.total
    return render(
        request,
        template,
        whole_country=seen.everything,
        found=found,
        statuses=[(status, found.by_status.get(Status(status), 0)) for status in STATUSES],
        counts=[
            Count(N_("Open cases"), "list-details", total.open),
            Count(N_("Overdue"), "alert-triangle", total.overdue, alarm=total.overdue > 0),
            Count(N_("Waiting to be taken in hand"), "inbox", total.fresh),
            Count(N_("Objected, second review"), "arrow-back-up", total.review),
        ],
        named=lambda code: land.name(code, speech.code) if code else "—",
    )
