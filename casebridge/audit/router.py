"""GET /audit: the trail, for those who answer for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from casebridge.audit import service
from casebridge.audit.schemas import AuditEntry, AuditPage
from casebridge.bridge import Bridge, get_bridge
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.wire import PlainText

router = APIRouter(tags=["audit"])


@router.get("/audit", responses=documented())
async def read(
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _who: Annotated[Principal, Depends(require("audit:read"))],
    subject_kind: Annotated[PlainText | None, Query(max_length=32)] = None,
    subject_id: Annotated[PlainText | None, Query(max_length=128)] = None,
    actor: Annotated[PlainText | None, Query(max_length=128, examples=["person:agent1"])] = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditPage:
    """Who did what, newest first."""
    before = int(bridge.cursors.read("audit", cursor)[0]) if cursor else None
    async with bridge.database.reading() as session:
        lines = await service.read(
            session,
            subject_kind=subject_kind,
            subject_id=subject_id,
            actor=actor,
            before=before,
            limit=limit + 1,
        )
    following = None
    if len(lines) > limit:
        lines = lines[:limit]
        following = bridge.cursors.make("audit", [lines[-1].id])
    items = [
        AuditEntry(
            at=line.at,
            actor=line.actor,
            action=line.action,
            subject_kind=line.subject_kind,
            subject_id=line.subject_id,
            address=line.address,
            detail=line.detail,
        )
        for line in lines
    ]
    return AuditPage(items=items, next_cursor=following)
