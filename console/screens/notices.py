"""Notices of the cartable: what one's units were told, until somebody has read it (6-1)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from casebridge.cartables import notices
from casebridge.cartables.access import sight_of
from casebridge.country.service import country
from casebridge.paging import MAX_CURSOR
from console.forms.outcomes import Notices, done, notice
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CartableUser

router = APIRouter()
PAGE: Final = 30
NOTICES: Final[Notices] = {"read": (N_("Marked as read."), "green")}


@router.get("/cartable/notices")
async def notices_page(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    read: bool = False,
    said: Annotated[str, Query(max_length=16)] = "",
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Response:
    """What nobody has read yet; with `read`, what somebody has."""
    speech = language_of(request)
    async with bridge.database.reading() as session:
        seen = await sight_of(session, person)
        land = await country(session)
        unread = await notices.unread(session, seen)
        page = await notices.notices(
            session, bridge.cursors, seen, speech.code, read=read, cursor=cursor, limit=PAGE
        )
    return render(
        request,
        "notices.html",
        page=page,
        read=read,
        unread=unread,
        named=lambda code: land.name(code, speech.code),
        **notice(request, NOTICES, said),
    )


@router.post("/cartable/notices/read", dependencies=[Depends(check_form)])
async def mark_read(
    bridge: BridgeParts,
    person: CartableUser,
    notice_ids: Annotated[list[UUID], Form(min_length=1, max_length=200)],
) -> Response:
    """One notice has been read, or all that are shown."""
    async with bridge.database.writing() as session:
        await notices.mark_read(session, await sight_of(session, person), notice_ids, person.actor)
    return done(bridge, "/cartable/notices", "read")
