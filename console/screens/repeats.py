"""The part of the case page on repeats: what a case may repeat, linking it, taking the link away."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from casebridge.bridge import Bridge
from casebridge.cartables.access import check_case, narrowed_to, sight_of
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.repeats import service as repeats
from console.forms.outcomes import done
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseLinker, CaseReader

router = APIRouter()
TITLE = N_("Repeats")
_MOVED_ON = {"repeat_of_itself", "already_linked", "not_linked", "status_step"}


@router.get("/cases/{case_id}/repeats")
async def repeats_part(request: Request, bridge: BridgeParts, person: CaseReader, case_id: UUID) -> Response:
    """What this case repeats or may repeat (without script: on a page of its own)."""
    return await _part(request, bridge, person, case_id)


@router.post("/cases/{case_id}/link", dependencies=[Depends(check_form)])
async def link(
    request: Request,
    bridge: BridgeParts,
    person: CaseLinker,
    case_id: UUID,
    to_case_id: Annotated[UUID, Form()],
) -> Response:
    """Links this case to the one it repeats."""
    said = "linked"
    try:
        async with bridge.database.writing() as session:
            await check_case(session, person, to_case_id)
            await repeats.link(session, case_id, to_case_id, person.actor)
    except Problem as problem:
        if problem.code not in _MOVED_ON:
            raise
        said = "moved_on"
    return await _done(request, bridge, person, case_id, said)


@router.post("/cases/{case_id}/unlink", dependencies=[Depends(check_form)])
async def unlink(request: Request, bridge: BridgeParts, person: CaseLinker, case_id: UUID) -> Response:
    """Takes the link away."""
    said = "unlinked"
    try:
        async with bridge.database.writing() as session:
            await repeats.unlink(session, case_id, person.actor)
    except Problem as problem:
        if problem.code not in _MOVED_ON:
            raise
        said = "moved_on"
    return await _done(request, bridge, person, case_id, said)


async def _done(request: Request, bridge: Bridge, person: Principal, case_id: UUID, said: str) -> Response:
    if "HX-Request" not in request.headers:
        return done(bridge, f"/cases/{case_id}")
    bridge.tell_on()
    return await _part(request, bridge, person, case_id, said)


async def _part(
    request: Request, bridge: Bridge, person: Principal, case_id: UUID, said: str = ""
) -> Response:
    async with bridge.database.reading() as session:
        seen = await sight_of(session, person)
        found = await repeats.repeats_of(session, case_id, narrowed_to(seen))
    is_part = "HX-Request" in request.headers
    return render(
        request,
        "case_repeats.html" if is_part else "case_part_page.html",
        409 if said == "moved_on" else 200,
        {"HX-Trigger": "live:case"} if said in {"linked", "unlinked"} else None,
        title=language_of(request).gettext(TITLE),
        part="case_repeats.html",
        case_id=case_id,
        repeats=found,
        may_link="cases:link" in person.scopes,
        said=said,
    )
