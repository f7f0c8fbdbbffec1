"""Cases over HTTP, and the question callers ask: what became of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request

from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import check_worked_on, narrowed_to, note_look, sight
from casebridge.cartables.rules import Sight
from casebridge.cases import listing, service
from casebridge.cases.listing import CaseFilter
from casebridge.cases.schemas import (
    CaseDetail,
    CasePage,
    Channel,
    FollowUp,
    FollowUpQuestion,
    Kind,
    Province,
    Revealed,
    Status,
)
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import address_of, require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.wire import Instant, PlainText, TrackingCode

FOLLOW_UPS = 10
FOLLOW_UP_SECONDS = 600
"""A code may be asked about this often in this time: enough for its owner, useless for guessing."""

router = APIRouter()
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Reader = Annotated[Principal, Depends(require("cases:read"))]


@router.get("/cases", tags=["cases"], responses=documented())
async def list_cases(
    bridge: Parts,
    seen: Annotated[Sight, Depends(sight)],
    _who: Reader,
    kind: Kind | None = None,
    status: Status | None = None,
    province: Annotated[Province | None, Query(examples=["23"])] = None,
    channel: Channel | None = None,
    q: Annotated[PlainText | None, Query(max_length=200, description="tracking code or words")] = None,
    tracking_code: TrackingCode | None = None,
    opened_from: Instant | None = None,
    opened_until: Instant | None = None,
    quarantined: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CasePage:
    """Cases, newest first; identifiers are masked."""
    wanted = CaseFilter(
        kind=kind,
        status=status,
        province=province,
        channel=channel,
        q=q,
        tracking_code=tracking_code,
        opened_from=opened_from,
        opened_until=opened_until,
        quarantined=quarantined,
    )
    async with bridge.database.reading() as session:
        return await listing.list_cases(
            session, bridge.keys, bridge.cursors, wanted, narrowed_to(seen), cursor=cursor, limit=limit
        )


@router.get("/cases/{case_id}", tags=["cases"], responses=documented(404))
async def get_case(
    case_id: CaseId, request: Request, bridge: Parts, seen: Annotated[Sight, Depends(sight)], who: Reader
) -> CaseDetail:
    """A case with recordings, callbacks and history. Looking at what one only supervises is audited."""
    await note_look(bridge, who, case_id, address_of(request))
    async with bridge.database.reading() as session:
        return await service.get_case(session, bridge.keys, case_id, narrowed_to(seen))


@router.post("/cases/{case_id}/reveal", tags=["cases"], responses=documented(404))
async def reveal(
    case_id: CaseId,
    request: Request,
    bridge: Parts,
    who: Annotated[Principal, Depends(require("cases:reveal"))],
) -> Revealed:
    """The applicant's identifier and numbers; each look is written to the audit trail (promise 5)."""
    async with bridge.database.writing() as session:
        await check_worked_on(session, who, case_id)
        return await service.reveal(session, bridge.keys, case_id, who.actor, address=address_of(request))


@router.post("/follow-ups", tags=["follow-ups"], responses=documented(404, 429))
async def follow_up(
    question: Annotated[
        FollowUpQuestion,
        Body(
            examples=[
                {"tracking_code": "1234567890", "identifier_kind": "national_id", "identifier": "9990000001"}
            ]
        ),
    ],
    bridge: Parts,
    _who: Annotated[Principal, Depends(require("followups:read"))],
) -> FollowUp:
    """What became of a case. A wrong code and a wrong identifier get the same answer."""
    await bridge.throttle.attempt(
        "follow-up", question.tracking_code, limit=FOLLOW_UPS, seconds=FOLLOW_UP_SECONDS
    )
    lookup = bridge.lookup(question.identifier_kind.value, question.identifier)
    async with bridge.database.reading() as session:
        return await service.follow_up(session, question.tracking_code, lookup)
