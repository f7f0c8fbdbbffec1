"""Links over HTTP: parcels of other centres, changes of an outside SAMAD, what waits to be delivered."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from sqlalchemy.exc import IntegrityError

from casebridge.bridge import Bridge, get_bridge
from casebridge.links import aside, receiving, service
from casebridge.links.access import outside_samad, signed_by_centre
from casebridge.links.samad.interface import NeighbourAway
from casebridge.links.samad.outside import changes_in
from casebridge.links.schemas import (
    ChangesAccepted,
    DeliveryPage,
    DeliveryState,
    Parcel,
    ParcelReceipt,
    PassCase,
)
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented

router = APIRouter(tags=["links"])
Parts = Annotated[Bridge, Depends(get_bridge)]
Keeper = Annotated[Principal, Depends(require("links:write"))]
DeliveryId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000002"])]
EXAMPLE = {
    "id": "019a0000-0000-7000-8000-000000000002",
    "action": "passed",
    "at": "2026-11-24T07:00:00Z",
    "sealed": "c2VhbGVkIGZvciB0aGUgcmVjZWl2ZXI=",
    "case": {
        "id": "019a0000-0000-7000-8000-000000000001",
        "tracking_code": "1234567890",
        "kind": "request",
        "status": "registered",
        "channel": "phone",
        "level": "province",
        "province": "23",
        "county": None,
        "agency": None,
        "subject": None,
        "owner_unit": None,
        "complained_unit": None,
        "language": "fa",
        "opened_at": "2026-11-24T07:00:00Z",
        "due_at": None,
        "text": "text of the case",
        "answer": None,
    },
}


@router.post("/links/centres/{centre}/parcels", responses=documented(409))
async def take_parcel(
    parcel: Annotated[Parcel, Body(examples=[EXAMPLE])],
    bridge: Parts,
    centre: Annotated[str, Depends(signed_by_centre)],
) -> ParcelReceipt:
    """A step of a case another centre has in common with this one; the same parcel counts once."""
    try:
        async with bridge.database.writing() as session:
            receipt = await receiving.take_parcel(session, bridge, centre, parcel)
    except IntegrityError:  # the same case came over another bridge in this moment
        raise Problem("unavailable", headers={"Retry-After": "1"}) from None
    bridge.tell_on()
    bridge.link_metrics.received.labels("centre", receipt.outcome).inc()
    return receipt


@router.post("/links/samad/changes", responses=documented(), dependencies=[Depends(outside_samad)])
async def take_changes(
    bridge: Parts,
    document: Annotated[Any, Body(examples=[{"changeId": "1", "trackingNumber": "A-1", "state": "DONE"}])],
) -> ChangesAccepted:
    """Changes as the outside SAMAD words them, one or a list; the mapping file says what they mean."""
    try:
        changes = changes_in(bridge.neighbours.mapping, document)
    except NeighbourAway:
        raise Problem("invalid_request", errors=[("body", "change_unreadable")]) from None
    counts = {"applied": 0, "known": 0, "refused": 0}
    for change in changes:
        async with bridge.database.writing() as session:
            outcome = await aside.take(session, bridge.keys, change)
        counts["refused" if outcome == "unknown_case" else outcome] += 1
        bridge.link_metrics.received.labels("samad", outcome).inc()
    bridge.tell_on()
    return ChangesAccepted.model_validate(counts)


@router.post("/cases/{case_id}/pass", status_code=204, responses=documented(404, 409))
async def pass_case(
    case_id: Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])],
    form: Annotated[PassCase, Body(examples=[{"centre": "tehran", "note": "concerns your province"}])],
    bridge: Parts,
    who: Annotated[Principal, Depends(require("cases:pass"))],
) -> Response:
    """Gives a case to another centre; its answers come back."""
    if form.centre not in bridge.settings.links.centres:
        raise Problem("invalid_request", errors=[("centre", "unknown_centre")])
    async with bridge.database.writing() as session:
        await service.pass_case(session, case_id, form.centre, who.actor, note=form.note)
    bridge.tell_on()
    return Response(status_code=204)


@router.get("/links/deliveries", responses=documented())
async def list_deliveries(
    bridge: Parts,
    _who: Annotated[Principal, Depends(require("links:read"))],
    state: DeliveryState | None = None,
    target: Annotated[str | None, Query(max_length=96, pattern=r"^[A-Za-z0-9:_-]*$")] = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryPage:
    """What is, was or could not be delivered to neighbours, the newest first."""
    async with bridge.database.reading() as session:
        return await service.list_deliveries(
            session, bridge.cursors, state=state, target=target, cursor=cursor, limit=limit
        )


@router.post("/links/deliveries/{delivery_id}/resend", status_code=204, responses=documented(404, 409))
async def resend(delivery_id: DeliveryId, bridge: Parts, who: Keeper) -> Response:
    """Sends a dead letter again."""
    async with bridge.database.writing() as session:
        await service.resend(session, delivery_id, who.actor)
    bridge.deliverer.wake()
    return Response(status_code=204)


@router.post("/links/deliveries/{delivery_id}/drop", status_code=204, responses=documented(404, 409))
async def drop(delivery_id: DeliveryId, bridge: Parts, who: Keeper) -> Response:
    """Decides that a dead letter need not be delivered."""
    async with bridge.database.writing() as session:
        await service.drop(session, delivery_id, who.actor)
    return Response(status_code=204)
