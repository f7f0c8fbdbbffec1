"""Repeats over HTTP: what a case may repeat, linking, unlinking."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path

from casebridge.audit import service as audit
from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import check_case, narrowed_to, sight
from casebridge.cartables.rules import Sight
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.repeats import service
from casebridge.repeats.schemas import Candidate, Link, MatterQuestion, Repeats

router = APIRouter(tags=["repeats"])
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Writer = Annotated[Principal, Depends(require("cases:link"))]
Seen = Annotated[Sight, Depends(sight)]
_QUESTION = {"identifier_kind": "national_id", "identifier": "9990000001", "kind": "complaint"}


@router.get("/cases/{case_id}/repeats", responses=documented(404))
async def repeats_of(
    case_id: CaseId,
    bridge: Parts,
    seen: Seen,
    _who: Annotated[Principal, Depends(require("cases:read"))],
) -> Repeats:
    """What a case repeats, what repeats it, and what it may repeat, each with its likeness and why."""
    async with bridge.database.reading() as session:
        return await service.repeats_of(session, case_id, narrowed_to(seen))


@router.post("/repeats/questions", responses=documented())
async def raised_before(
    question: Annotated[MatterQuestion, Body(examples=[_QUESTION])], bridge: Parts, seen: Seen, who: Writer
) -> list[Candidate]:
    """Whether an applicant has raised a matter before; asked before a second case is opened, and audited."""
    lookup = bridge.lookup(question.identifier_kind.value, question.identifier)
    async with bridge.database.writing() as session:
        await audit.write(session, who.actor, "repeats_looked_for", "applicant", "question")
        return await service.raised_before(session, question, lookup, narrowed_to(seen))


@router.post("/cases/{case_id}/link", responses=documented(404, 409))
async def link(
    case_id: CaseId,
    wanted: Annotated[Link, Body(examples=[{"to_case_id": "019a0000-0000-7000-8000-000000000002"}])],
    bridge: Parts,
    seen: Seen,
    who: Writer,
) -> Repeats:
    """Links a repeat to its original, which closes it; its callback joins the original's."""
    async with bridge.database.writing() as session:
        await check_case(session, who, wanted.to_case_id)
        await service.link(session, case_id, wanted.to_case_id, who.actor)
    bridge.tell_on()
    async with bridge.database.reading() as session:
        return await service.repeats_of(session, case_id, narrowed_to(seen))


@router.post("/cases/{case_id}/unlink", responses=documented(404, 409))
async def unlink(case_id: CaseId, bridge: Parts, seen: Seen, who: Writer) -> Repeats:
    """Gives a linked case its own way again."""
    async with bridge.database.writing() as session:
        await service.unlink(session, case_id, who.actor)
    bridge.tell_on()
    async with bridge.database.reading() as session:
        return await service.repeats_of(session, case_id, narrowed_to(seen))
