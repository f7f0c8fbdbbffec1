"""The way of a case over HTTP: every step somebody takes with it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Request, Response

from casebridge.answers import service as answers
from casebridge.answers.schemas import AnswerForm, AnswerLine, DecisionForm, ServiceForm, ServiceLine
from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.access import acting_unit, check_case
from casebridge.cartables.rules import Act
from casebridge.cases import service as cases
from casebridge.cases.models import Case
from casebridge.cases.schemas import CaseDetail
from casebridge.people.access import address_of, require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented
from casebridge.referrals import service
from casebridge.referrals.competence import route_of
from casebridge.referrals.schemas import (
    Classification,
    QuestionForm,
    ReferralForm,
    ReferralLine,
    Route,
    StepForm,
)

router = APIRouter(tags=["way of a case"])
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Reader = Annotated[Principal, Depends(require("cases:read"))]
Writer = Annotated[Principal, Depends(require("cases:write"))]
Decider = Annotated[Principal, Depends(require("cases:decide"))]
REFUSALS = documented(404, 409)


@router.patch(
    "/cases/{case_id}",
    response_model=CaseDetail,
    responses={**REFUSALS, 204: {"description": "Done; the case is about the one who asked, or those above"}},
)
async def classify(
    case_id: CaseId,
    change: Annotated[Classification, Body(examples=[{"kind": "request", "version": 1}])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> CaseDetail | Response:
    """Says what a case is about, or empties what was said of it; refused where it has moved on since it was
    read."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.REFER)
        await service.classify(
            session,
            case_id,
            change.changes(),
            who.actor,
            unit=unit,
            forward=change.forward,
            seen=change.version,
            address=address_of(request),
        )
    try:
        async with bridge.database.reading() as session:
            await check_case(session, who, case_id)
    except Problem:  # they have just said that it is about themselves: from now on it is out of sight (10-3)
        _wake(bridge)
        return Response(status_code=204)
    return await _after(bridge, case_id)


@router.get("/cases/{case_id}/route", responses=documented(404, 409))
async def route(case_id: CaseId, bridge: Parts, _who: Reader) -> Route:
    """The unit a case belongs to, and the article that says so."""
    async with bridge.database.reading() as session:
        case = await session.get(Case, case_id)
        if case is None:
            raise Problem("not_found")
        decision = await route_of(session, case)
    return Route(unit=decision.unit, article=decision.article)


@router.get("/cases/{case_id}/referrals", responses=documented(404))
async def referrals(case_id: CaseId, bridge: Parts, _who: Reader) -> list[ReferralLine]:
    """Where a case has been."""
    async with bridge.database.reading() as session:
        return [_line(ReferralLine, row) for row in await service.referrals_of(session, case_id)]


@router.post("/cases/{case_id}/refer", responses=REFUSALS)
async def refer(
    case_id: CaseId,
    form: Annotated[ReferralForm, Body(examples=[{"to_unit": "province/23/desk"}])],
    bridge: Parts,
    who: Writer,
) -> CaseDetail:
    """Passes a case to another unit."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.REFER)
        await service.refer(
            session,
            case_id,
            to_unit=form.to_unit,
            actor=who.actor,
            unit=unit,
            reason=form.reason,
            note=form.note,
            seen=form.version,
        )
    return await _after(bridge, case_id)


@router.post("/cases/{case_id}/take", responses=REFUSALS)
async def take(
    case_id: CaseId, form: Annotated[StepForm, Body(examples=[{"version": 3}])], bridge: Parts, who: Writer
) -> CaseDetail:
    """Begins to work on a case."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.TAKE)
        await service.take_in_hand(
            session, case_id, unit=unit, actor=who.actor, note=form.note, seen=form.version
        )
    return await _after(bridge, case_id)


@router.post("/cases/{case_id}/ask", responses=REFUSALS)
async def ask(
    case_id: CaseId,
    form: Annotated[QuestionForm, Body(examples=[{"text": "Which street is it?"}])],
    bridge: Parts,
    who: Writer,
) -> CaseDetail:
    """Asks the applicant for something that is missing."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.ASK)
        await service.ask_applicant(
            session, case_id, unit=unit, actor=who.actor, text=form.text, seen=form.version
        )
    return await _after(bridge, case_id)


@router.post("/cases/{case_id}/supplied", responses=REFUSALS)
async def supplied(
    case_id: CaseId, form: Annotated[StepForm, Body(examples=[{"version": 3}])], bridge: Parts, who: Writer
) -> CaseDetail:
    """The applicant has given what was asked for."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.ASK)
        await service.supplied(
            session, case_id, unit=unit, actor=who.actor, note=form.note, seen=form.version
        )
    return await _after(bridge, case_id)


@router.post("/cases/{case_id}/answers", responses=REFUSALS)
async def answer(
    case_id: CaseId,
    form: Annotated[AnswerForm, Body(examples=[{"text": "The pipe was mended.", "language": "en"}])],
    bridge: Parts,
    who: Writer,
) -> CaseDetail:
    """Answers the applicant, at last or for the time being."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.ANSWER)
        await answers.answer(
            session,
            case_id,
            unit=unit,
            actor=who.actor,
            text=form.text,
            language=form.language.value,
            kind=form.kind,
            recording_id=form.recording_id,
            seen=form.version,
        )
    return await _after(bridge, case_id)


@router.get("/cases/{case_id}/answers", responses=documented(404))
async def list_answers(case_id: CaseId, bridge: Parts, _who: Reader) -> list[AnswerLine]:
    """What the applicant was answered, and what they said to it."""
    async with bridge.database.reading() as session:
        return [_line(AnswerLine, row) for row in await answers.answers_of(session, case_id)]


@router.post("/cases/{case_id}/decide", responses=REFUSALS)
async def decide(
    case_id: CaseId,
    form: Annotated[DecisionForm, Body(examples=[{"accepted": True}])],
    bridge: Parts,
    who: Decider,
) -> CaseDetail:
    """The applicant has told an agent whether they accept the answer; not the one who gave it. The callback
    in which they said so is written down with it."""
    async with bridge.database.writing() as session:
        await answers.decide(
            session,
            case_id,
            accepted=form.accepted,
            by="agent",
            text=form.text,
            actor=who.actor,
            call_id=form.call_id,
            seen=form.version,
        )
    return await _after(bridge, case_id)


@router.post("/cases/{case_id}/services", responses=REFUSALS)
async def record_service(
    case_id: CaseId,
    form: Annotated[ServiceForm, Body(examples=[{"what": "A copy of the deed was given out."}])],
    bridge: Parts,
    who: Writer,
) -> CaseDetail:
    """Enters what was done for the applicant (4-4)."""
    async with bridge.database.writing() as session:
        unit = await acting_unit(session, who, case_id, Act.SERVICE)
        await answers.record_service(
            session, case_id, unit=unit, actor=who.actor, what=form.what, subject=form.subject
        )
    return await _after(bridge, case_id)


@router.get("/cases/{case_id}/services", responses=documented(404))
async def list_services(case_id: CaseId, bridge: Parts, _who: Reader) -> list[ServiceLine]:
    """What was done for the applicant."""
    async with bridge.database.reading() as session:
        return [_line(ServiceLine, row) for row in await answers.services_of(session, case_id)]


async def _after(bridge: Bridge, case_id: UUID) -> CaseDetail:
    _wake(bridge)
    async with bridge.database.reading() as session:
        return await cases.get_case(session, bridge.keys, case_id)


def _wake(bridge: Bridge) -> None:
    bridge.tell_on()


def _line(shape: Any, row: Any) -> Any:
    return shape(**{name: getattr(row, name) for name in shape.model_fields})
