"""GET /calls."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from casebridge.bridge import Bridge, get_bridge
from casebridge.calls import service
from casebridge.calls.schemas import CallPage
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.wire import CallId

router = APIRouter(tags=["calls"])


@router.get("/calls", responses=documented())
async def list_calls(
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _who: Annotated[Principal, Depends(require("calls:read"))],
    intake_id: UUID | None = None,
    call_id: Annotated[CallId | None, Query(examples=["1795500000.1"])] = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CallPage:
    """Calls, newest first, with every step; identifiers in them are masked."""
    async with bridge.database.reading() as session:
        return await service.list_calls(
            session, bridge.cursors, intake_id=intake_id, call_id=call_id, cursor=cursor, limit=limit
        )
