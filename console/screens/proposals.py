"""The part of the case page with what the machine proposes; one click confirms it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from casebridge.bridge import Bridge
from casebridge.cartables.access import acting_unit
from casebridge.cartables.rules import Act
from casebridge.cases import service as cases
from casebridge.cases.schemas import Kind
from casebridge.country.service import country
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.proposals import service as proposals
from casebridge.proposals.schemas import Confirmation
from console.forms.outcomes import done
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseReader, CaseWriter

router = APIRouter()
TITLE = N_("Proposal")
_NOT_NOW = {"case_moved_on", "status_step", "nobody_above", "not_yours", "unit_barred"}


@router.get("/cases/{case_id}/proposal")
async def proposal_part(request: Request, bridge: BridgeParts, person: CaseReader, case_id: UUID) -> Response:
    """What this case seems to be about (without script: on a page of its own)."""
    return await _part(request, bridge, person, case_id)


@router.post("/cases/{case_id}/proposal", dependencies=[Depends(check_form)])
async def confirm(
    request: Request,
    bridge: BridgeParts,
    person: CaseWriter,
    case_id: UUID,
    version: Annotated[int, Form(ge=0, le=2**31 - 1)],
    subject: Annotated[str | None, Form(max_length=64)] = None,
    kind: Annotated[Kind | None, Form()] = None,
) -> Response:
    """Sets what was proposed, as the person confirms it."""
    said, unit = "saved", None
    try:
        async with bridge.database.writing() as session:
            found = Confirmation(kind=kind, subject=subject, version=version)
            acting = await acting_unit(session, person, case_id, Act.REFER)
            unit = (await proposals.confirm(session, case_id, found, person.actor, unit=acting)).unit
    except Problem as problem:
        if problem.code not in _NOT_NOW:
            raise
        said = "moved_on"
    if "HX-Request" not in request.headers:
        return done(bridge, f"/cases/{case_id}")
    bridge.tell_on()
    return await _part(request, bridge, person, case_id, said, unit)


async def _part(
    request: Request,
    bridge: Bridge,
    person: Principal,
    case_id: UUID,
    said: str = "",
    unit: str | None = None,
) -> Response:
    speech = language_of(request)
    async with bridge.database.reading() as session:
        case = await cases.get_case(session, bridge.keys, case_id)
        try:
            proposal = await proposals.propose_for(session, bridge.settings.proposals_dir, case_id)
        except Problem as problem:
            if problem.code != "proposals_not_ready":
                raise
            proposal, said = proposals.NOTHING_SAID, "not_ready"
        land = await country(session)

    def named(code: str | None) -> str:
        return land.name(code, speech.code) if code else ""

    return render(
        request,
        "case_proposal.html" if "HX-Request" in request.headers else "case_part_page.html",
        409 if said == "moved_on" else 200,
        {"HX-Trigger": "live:case"} if said == "saved" else None,
        title=speech.gettext(TITLE),
        part="case_proposal.html",
        case_id=case_id,
        version=case.version,
        proposal=proposal,
        names={
            "subject": named(proposal.subject.code if proposal.subject else None),
            "agency": named(proposal.agency),
        },
        belongs=named(unit),
        may_confirm="cases:write" in person.scopes,
        said=said,
    )
