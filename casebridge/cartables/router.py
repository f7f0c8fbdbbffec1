"""Cartables over HTTP: worklists, bulk actions, delegations, the Centre's overview, voices."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables import delegations, way, worklists
from casebridge.cartables.access import counted_for, sight
from casebridge.cartables.bulk import in_bulk
from casebridge.cartables.overview import overview
from casebridge.cartables.rules import Sight
from casebridge.cartables.schemas import (
    Bulk,
    BulkResult,
    DelegationForm,
    DelegationLine,
    Overview,
    Tab,
    Voice,
    Way,
    WorkPage,
)
from casebridge.cartables.voice import keep_voice
from casebridge.cases.schemas import Kind
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented, language_of

router = APIRouter(tags=["cartables"])
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Holder = Annotated[Principal, Depends(require("cartable:use"))]
Writer = Annotated[Principal, Depends(require("cases:write"))]
_BULK = {"case_ids": ["019a0000-0000-7000-8000-000000000001"], "act": "take"}
_DELEGATION = {
    "to_username": "deputy",
    "unit_code": "province/23/desk",
    "from_at": "2026-11-24T00:00:00Z",
    "until_at": "2026-12-01T00:00:00Z",
    "actions": ["take", "answer"],
}


@router.get("/cartable", responses=documented())
async def worklist(
    bridge: Parts,
    seen: Annotated[Sight, Depends(sight)],
    _who: Holder,
    tab: Tab = Tab.NEW,
    unit: Annotated[str | None, Query(max_length=96)] = None,
    kind: Kind | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> WorkPage:
    """Cases that are with one's units, by what they wait for (6-1)."""
    async with bridge.database.reading() as session:
        return await worklists.worklist(
            session,
            bridge.keys,
            bridge.cursors,
            seen,
            tab,
            unit=unit,
            kind=kind.value if kind else None,
            cursor=cursor,
            limit=limit,
        )


@router.get("/cartable/counts", responses=documented())
async def counts(bridge: Parts, seen: Annotated[Sight, Depends(sight)], _who: Holder) -> dict[Tab, int]:
    """How many cases stand in each list."""
    async with bridge.database.reading() as session:
        return await worklists.tab_counts(session, seen)


@router.post("/cartable/bulk", responses=documented())
async def bulk(
    wanted: Annotated[Bulk, Body(examples=[_BULK])], request: Request, bridge: Parts, who: Holder
) -> list[BulkResult]:
    """One step for many cases; each has its own result."""
    results = await in_bulk(bridge.database, who, wanted, language_of(request))
    bridge.tell_on()
    return results


@router.get("/cases/{case_id}/way", responses=documented(404))
async def way_of(
    case_id: CaseId, bridge: Parts, who: Annotated[Principal, Depends(require("cases:read"))]
) -> Way:
    """Where a case stands, where it has been, and what the one who asks may do with it."""
    async with bridge.database.reading() as session:
        return await way.way_of(session, who, case_id)


@router.post("/cases/{case_id}/withdraw", status_code=204, responses=documented(404, 409))
async def withdraw(case_id: CaseId, bridge: Parts, who: Writer) -> Response:
    """Takes a referral back that nobody has touched yet."""
    async with bridge.database.writing() as session:
        await way.withdraw(session, who, case_id)
    bridge.tell_on()
    return Response(status_code=204)


@router.post("/cases/{case_id}/voice", status_code=201, responses=documented(404, 409, 413))
async def voice(
    case_id: CaseId,
    sound: Annotated[bytes, Body(media_type="application/octet-stream", examples=["raw G.711 A-law"])],
    bridge: Parts,
    who: Writer,
) -> Voice:
    """Keeps an official's own voice; the answer then names the recording."""
    return Voice(recording_id=await keep_voice(bridge, who, case_id, sound))


@router.get("/delegations", responses=documented())
async def list_delegations(bridge: Parts, who: Holder) -> list[DelegationLine]:
    """Delegations one has given or got."""
    async with bridge.database.reading() as session:
        return await delegations.delegations_of(session, who)


@router.post("/delegations", status_code=201, responses=documented(403))
async def delegate(
    form: Annotated[DelegationForm, Body(examples=[_DELEGATION])], bridge: Parts, who: Holder
) -> dict[str, UUID]:
    """Lets another official act for a unit one holds."""
    async with bridge.database.writing() as session:
        return {"id": await delegations.delegate(session, who, form)}


@router.delete("/delegations/{delegation_id}", status_code=204, responses=documented(404))
async def revoke(
    delegation_id: Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000003"])],
    bridge: Parts,
    who: Holder,
) -> Response:
    """Takes a delegation back."""
    async with bridge.database.writing() as session:
        await delegations.revoke(session, who, delegation_id)
    return Response(status_code=204)


@router.get("/centre/overview", responses=documented())
async def centre(
    bridge: Parts,
    seen: Annotated[Sight, Depends(sight)],
    _who: Annotated[Principal, Depends(require("supervision:read"))],
) -> Overview:
    """How many cases are where, and how many are late: of the country, or of what one supervises."""
    async with bridge.database.reading() as session:
        return await overview(session, counted_for(seen))
