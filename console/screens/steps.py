"""What is done with a case on its way: each step a form of the case's page, each ending there again.

A step that is refused shows its form once more with what was typed, so that no answer is written twice.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from casebridge.bridge import Bridge
from casebridge.cartables.access import narrowed_to, sight_of
from casebridge.cartables.voice import keep_voice
from casebridge.cases import service as cases
from casebridge.people.service import Principal
from casebridge.problems import Problem
from console.forms.outcomes import Refusal, done, refusal
from console.forms.steps import STEPS, take
from console.forms.tokens import check_form
from console.pages import render
from console.screens.way import way_values
from console.visitor import BridgeParts, CaseWriter

router = APIRouter()


@router.post("/cases/{case_id}/steps/{step}", dependencies=[Depends(check_form)])
async def take_step(
    request: Request, bridge: BridgeParts, person: CaseWriter, case_id: UUID, step: str
) -> Response:
    """Takes a step; what was refused is told beside the form, with what was typed."""
    if step not in STEPS:
        raise Problem("not_found")
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        async with bridge.database.writing() as session:
            await take(STEPS[step], session, bridge, person, case_id, typed)
    except (Problem, ValidationError) as error:
        told = await refusal(request, bridge, error)
        if told.code == "not_found":
            raise
        return await _refused(request, bridge, person, case_id, step, typed, told)
    return done(bridge, f"/cases/{case_id}", step)


@router.post("/cases/{case_id}/voice", dependencies=[Depends(check_form)])
async def voice(request: Request, bridge: BridgeParts, person: CaseWriter, case_id: UUID) -> Response:
    """Keeps an answer spoken in the browser (raw A-law); tells the recording's id."""
    recording_id = await keep_voice(bridge, person, case_id, await request.body())
    return Response(str(recording_id), 201, media_type="text/plain")


async def _refused(
    request: Request,
    bridge: Bridge,
    person: Principal,
    case_id: UUID,
    step: str,
    typed: dict[str, str],
    told: Refusal,
) -> Response:
    async with bridge.database.reading() as session:
        try:
            seen = narrowed_to(await sight_of(session, person))
            case = await cases.get_case(session, bridge.keys, case_id, seen)
            values = await way_values(
                session, request, person, case_id, step=step, typed=typed, wrong=told.told
            )
        except Problem:
            return RedirectResponse("/cartable", 303)
    return render(request, "case_step.html", told.status, case=case, case_id=case_id, **values)
