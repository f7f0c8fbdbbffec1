"""The callback line: who waits, and taking the next one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.callbacks import service as callbacks
from casebridge.callbacks.schemas import Outcome, State
from console.forms.outcomes import Notices, done, notice
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CallbackReader, CallbackTaker
from line111.clock import now

router = APIRouter()
FIRST: Final = 50
LATER: Final = (
    ("1", N_("In an hour")),
    ("3", N_("In three hours")),
    ("opening", N_("When the office opens on the next working day")),
)
NOTICES: Final[Notices] = {
    "nobody": (N_("Nobody is waiting whose time has come."), "slate"),
    "released": (N_("The callback is back in the line, at its old place."), "slate"),
    "done": (N_("Written down. Thank you."), "green"),
}


@router.get("/callbacks")
async def line_page(
    request: Request,
    bridge: BridgeParts,
    person: CallbackReader,
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """The line, and what this agent has in hand."""
    may_claim = "callbacks:claim" in person.scopes
    async with bridge.database.reading() as session:
        page = await callbacks.list_callbacks(session, bridge.cursors, state=State.WAITING, limit=FIRST)
        mine = await callbacks.held_by(session, bridge.keys, person.name) if may_claim else []
    return render(
        request,
        "callbacks.html",
        page=page,
        mine=mine,
        may_claim=may_claim,
        later=LATER,
        **notice(request, NOTICES, said),
    )


@router.get("/callbacks/waiting")
async def waiting_part(request: Request, bridge: BridgeParts, _: CallbackReader) -> Response:
    """Who waits, again."""
    async with bridge.database.reading() as session:
        page = await callbacks.list_callbacks(session, bridge.cursors, state=State.WAITING, limit=FIRST)
    return render(request, "callback_rows.html", page=page)


@router.post("/callbacks/claim", dependencies=[Depends(check_form)])
async def claim(bridge: BridgeParts, person: CallbackTaker) -> Response:
    """Takes the next one, unless this agent has one in hand (a second click takes no second caller)."""
    lease = timedelta(seconds=bridge.settings.bridge.callback_lease_seconds)
    taken = await callbacks.claim(
        bridge.database, bridge.line, bridge.keys, person.name, lease=lease, actor=person.actor, person=True
    )
    return done(bridge, "/callbacks", "" if taken else "nobody")


@router.post("/callbacks/{callback_id}/release", dependencies=[Depends(check_form)])
async def release(bridge: BridgeParts, person: CallbackTaker, callback_id: UUID) -> Response:
    """Gives a callback back to the line."""
    async with bridge.database.writing() as session:
        await callbacks.release(session, callback_id, person.name, person.actor)
    return done(bridge, "/callbacks", "released")


@router.post("/callbacks/{callback_id}/finish", dependencies=[Depends(check_form)])
async def finish(
    request: Request,
    bridge: BridgeParts,
    person: CallbackTaker,
    callback_id: UUID,
    outcome: Annotated[Outcome, Form()],
    later: Annotated[str, Form(max_length=16)] = "1",
) -> Response:
    """Tells how the attempt ended."""
    zone = language_of(request).zone
    async with bridge.database.writing() as session:
        later_at = await _later(session, later, zone) if outcome is Outcome.LATER else None
        await callbacks.finish(session, callback_id, outcome, later_at, person.actor, agent=person.name)
    return done(bridge, "/callbacks", "done")


async def _later(session: AsyncSession, choice: str, zone: ZoneInfo) -> datetime:
    if choice == "opening":
        return await callbacks.next_opening(session, zone)
    return now() + timedelta(hours=3 if choice == "3" else 1)
