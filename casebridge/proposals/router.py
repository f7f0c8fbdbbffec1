"""Proposals over HTTP: for a case, for a text, and confirming one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path

from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import acting_unit
from casebridge.cartables.rules import Act
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.proposals import service
from casebridge.proposals.schemas import Confirmation, Proposal, TextQuestion

router = APIRouter(tags=["proposals"])
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Writer = Annotated[Principal, Depends(require("cases:write"))]


@router.get("/cases/{case_id}/proposal", responses=documented(404))
async def propose_for(
    case_id: CaseId, bridge: Parts, _who: Annotated[Principal, Depends(require("cases:read"))]
) -> Proposal:
    """Subject, agency and kind that a case seems to have, each with the words that decided."""
    async with bridge.database.reading() as session:
        return await service.propose_for(session, bridge.settings.proposals_dir, case_id)


@router.post("/cases/{case_id}/proposal", responses=documented(404, 409))
async def confirm(
    case_id: CaseId,
    found: Annotated[Confirmation, Body(examples=[{"kind": "complaint"}])],
    bridge: Parts,
    who: Writer,
) -> Proposal:
    """Classifies a case as a person found it right."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.REFER)
        await service.confirm(session, case_id, found, who.actor, unit=unit)
    bridge.tell_on()
    async with bridge.database.reading() as session:
        return await service.propose_for(session, bridge.settings.proposals_dir, case_id)


@router.post("/proposals", responses=documented())
async def propose(
    question: Annotated[TextQuestion, Body(examples=[{"text": "The street light has been out for days"}])],
    bridge: Parts,
    _who: Writer,
) -> Proposal:
    """The same for a text that is no case yet."""
    async with bridge.database.reading() as session:
        return await service.propose(session, bridge.settings.proposals_dir, [question.text])
