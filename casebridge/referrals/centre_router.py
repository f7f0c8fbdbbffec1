"""What goes by the rules or by the Centre alone: sending a case on, ending it, opening it again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path

from casebridge.answers import service as answers
from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import acting_unit, check_centre
from casebridge.cartables.rules import Act
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.referrals import service
from casebridge.referrals.marginal import note_marginal
from casebridge.referrals.schemas import CloseForm, MarginalNote, ReopenForm, Route, StepForm

router = APIRouter(tags=["way of a case"])
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Writer = Annotated[Principal, Depends(require("cases:write"))]
REFUSALS = documented(404, 409)
_SESSION_HELD = {
    "reason": "problem_solving_session",
    "held_on": "2026-11-24",
    "participants": "The applicant; the director general of roads",
    "note": "The agency repairs the road by spring.",
}
_NOTE = {"text": "Look into it and report.", "author": "The president", "written_on": "2026-11-24"}


@router.post("/cases/{case_id}/forward", responses=REFUSALS)
async def forward(
    case_id: CaseId, form: Annotated[StepForm, Body(examples=[{"version": 3}])], bridge: Parts, who: Writer
) -> Route:
    """Refers a case to the unit the rules name: an idea to the working group (4-19), and from there, as
    reviewed, to the agency concerned (4-20)."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.REFER)
        decision = await service.send_on(
            session,
            case_id,
            actor=who.actor,
            unit=unit,
            reviewed=True,
            note=form.note,
            seen=form.version,
        )
    bridge.tell_on()
    return Route(unit=decision.unit, article=decision.article)


@router.post("/cases/{case_id}/close", status_code=204, responses=REFUSALS)
async def close(
    case_id: CaseId,
    form: Annotated[CloseForm, Body(examples=[_SESSION_HELD])],
    bridge: Parts,
    who: Writer,
) -> None:
    """Ends a case the applicant accepted, or objected to twice: after a problem-solving session, or because
    the applicant was sent to the competent authority (9-1); the note says how. The Centre does it."""
    async with bridge.database.writing() as session:
        await check_centre(session, who, case_id)
        await answers.close(
            session,
            case_id,
            unit=None,
            actor=who.actor,
            reason=form.reason,
            note=form.note,
            held=form.session(),
            seen=form.version,
        )
    bridge.tell_on()


@router.post("/cases/{case_id}/marginal-notes", status_code=204, responses=REFUSALS)
async def note_in_margin(
    case_id: CaseId,
    form: Annotated[MarginalNote, Body(examples=[_NOTE])],
    bridge: Parts,
    who: Writer,
) -> None:
    """Keeps what the president wrote on a case: it is marked and goes by it (4-25). The Centre does it."""
    async with bridge.database.writing() as session:
        await check_centre(session, who, case_id)
        await note_marginal(session, case_id, form, actor=who.actor)
    bridge.tell_on()


@router.post("/cases/{case_id}/reopen", status_code=204, responses=REFUSALS)
async def reopen(
    case_id: CaseId,
    form: Annotated[ReopenForm, Body(examples=[{"reason": "The pipe broke again."}])],
    bridge: Parts,
    who: Writer,
) -> None:
    """A closed or accepted case is worked on again by the unit that had it."""
    async with bridge.database.writing() as session:
        await check_centre(session, who, case_id)
        await answers.reopen(session, case_id, actor=who.actor, reason=form.reason, seen=form.version)
    bridge.tell_on()
