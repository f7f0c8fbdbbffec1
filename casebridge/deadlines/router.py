"""The calendar of working days over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.deadlines import service
from casebridge.deadlines.schemas import DayChange, DayPage
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented

router = APIRouter(tags=["holidays"])
Parts = Annotated[Bridge, Depends(get_bridge)]
Day = Annotated[date, Path(examples=["2026-03-21"])]
Editor = Annotated[Principal, Depends(require("country:write"))]


@router.get("/holidays", responses=documented())
async def list_days(
    bridge: Parts,
    _who: Annotated[Principal, Depends(require("country:read"))],
    year: Annotated[int, Query(ge=2020, le=2100, description="Gregorian")],
) -> DayPage:
    """Public holidays of a year, with the edits of this centre."""
    async with bridge.database.reading() as session:
        return await service.list_days(session, year)


@router.put("/holidays/{day}", status_code=204, responses=documented())
async def set_day(
    day: Day,
    change: Annotated[DayChange, Body(examples=[{"name_fa": "…", "name_en": "Snow", "off": True}])],
    bridge: Parts,
    who: Editor,
) -> Response:
    """Says of a day that it is off, or worked."""
    async with bridge.database.writing() as session:
        await service.set_day(session, day, change, who.actor)
    return Response(status_code=204)


@router.delete("/holidays/{day}", status_code=204, responses=documented())
async def forget_day(day: Day, bridge: Parts, who: Editor) -> Response:
    """Back to the official calendar."""
    async with bridge.database.writing() as session:
        await service.forget_day(session, day, who.actor)
    return Response(status_code=204)
