"""GET /audit: the trail, for those who answer for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from casebridge.audit import service
from casebridge.audit.schemas import AuditPage
from casebridge.bridge import Bridge, get_bridge
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.wire import PlainText, TrackingCode

router = APIRouter(tags=["audit"])


@router.get("/audit", responses=documented())
async def read(
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _who: Annotated[Principal, Depends(require("audit:read"))],
    subject_kind: Annotated[PlainText | None, Query(max_length=32)] = None,
    subject_id: Annotated[PlainText | None, Query(max_length=128)] = None,
    actor: Annotated[PlainText | None, Query(max_length=128, examples=["person:agent1"])] = None,
    tracking_code: TrackingCode | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditPage:
    """Who did what, newest first; of everybody or one, on everything or one case."""
    wanted = service.TrailFilter(actor, subject_kind, subject_id, tracking_code)
    async with bridge.database.reading() as session:
        return await service.read(session, bridge.cursors, wanted, cursor=cursor, limit=limit)
