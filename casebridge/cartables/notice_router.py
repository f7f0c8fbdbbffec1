"""Notices of a cartable over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request

from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables import notices
from casebridge.cartables.access import sight
from casebridge.cartables.rules import Sight
from casebridge.cartables.schemas import NoticePage, NoticesRead
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented, language_of

router = APIRouter(tags=["cartables"])
Parts = Annotated[Bridge, Depends(get_bridge)]
Holder = Annotated[Principal, Depends(require("cartable:use"))]
Seen = Annotated[Sight, Depends(sight)]
_READ = {"notice_ids": ["019a0000-0000-7000-8000-000000000009"]}


@router.get("/cartable/notices", responses=documented())
async def list_notices(
    request: Request,
    bridge: Parts,
    seen: Seen,
    _who: Holder,
    read: bool = False,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> NoticePage:
    """What one's units were told: reminders, escalations, results of ideas (4-21)."""
    async with bridge.database.reading() as session:
        return await notices.notices(
            session, bridge.cursors, seen, language_of(request), read=read, cursor=cursor, limit=limit
        )


@router.post("/cartable/notices/read", responses=documented())
async def mark_read(
    wanted: Annotated[NoticesRead, Body(examples=[_READ])], bridge: Parts, seen: Seen, who: Holder
) -> dict[str, int]:
    """Says that these have been read; how many were new."""
    async with bridge.database.writing() as session:
        return {"read": await notices.mark_read(session, seen, wanted.notice_ids, who.actor)}
