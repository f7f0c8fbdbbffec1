"""Endpoints of agencies for operators; and what agencies' systems may do with their token."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Path, Request, Response

from casebridge.audit import service as audit
from casebridge.bridge import Bridge, get_bridge
from casebridge.cases.schemas import Revealed
from casebridge.links.samad.interface import LinkError
from casebridge.people.access import address_of, require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented
from casebridge.webhooks import replies, service
from casebridge.webhooks.access import AgencyEndpoint
from casebridge.webhooks.addresses import UnsafeTarget, networks, place_of
from casebridge.webhooks.schemas import (
    AgencyAnswer,
    AgencyCase,
    AgencyReferral,
    NewWebhook,
    Taken,
    TestResult,
    WebhookForm,
    WebhookList,
)

router = APIRouter()
Parts = Annotated[Bridge, Depends(get_bridge)]
Keeper = Annotated[Principal, Depends(require("links:write"))]
WebhookId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000003"])]
CaseId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000001"])]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_.:-]{1,100}$", description="the same again is one"),
]
FORM = {"agency": "water", "name": "office automation", "url": "https://automation.example/samad"}


@router.get("/webhooks", tags=["links"], responses=documented())
async def list_webhooks(
    bridge: Parts, _who: Annotated[Principal, Depends(require("links:read"))]
) -> WebhookList:
    """All endpoints of agencies."""
    async with bridge.database.reading() as session:
        return WebhookList(items=await service.list_webhooks(session))


@router.post("/webhooks", tags=["links"], status_code=201, responses=documented())
async def register(
    form: Annotated[WebhookForm, Body(examples=[FORM])], bridge: Parts, who: Keeper
) -> NewWebhook:
    """Registers an endpoint. Its secret and its token are in this answer and nowhere else."""
    try:
        await place_of(form.url, networks(bridge.settings.links.allow_private))
    except UnsafeTarget as error:
        raise Problem("invalid_request", errors=[("url", str(error))]) from None
    async with bridge.database.writing() as session:
        return await service.register(session, bridge.keys, form, who.actor)


@router.delete("/webhooks/{webhook_id}", tags=["links"], status_code=204, responses=documented(404))
async def disable(webhook_id: WebhookId, bridge: Parts, who: Keeper) -> Response:
    """Ends an endpoint and its token."""
    async with bridge.database.writing() as session:
        await service.disable(session, webhook_id, who.actor)
    return Response(status_code=204)


@router.post("/webhooks/{webhook_id}/test", tags=["links"], responses=documented(404))
async def test(webhook_id: WebhookId, bridge: Parts, who: Keeper) -> TestResult:
    """Sends a signed message of type `test` now."""
    async with bridge.database.writing() as session:
        webhook = await service.get(session, webhook_id)
        await audit.write(session, who.actor, "webhook_tested", "webhook", webhook_id)
    try:
        await bridge.agencies.test(webhook)
    except LinkError as error:
        return TestResult(delivered=False, error=str(error))
    return TestResult(delivered=True, error=None)


@router.get("/agency/cases/{case_id}", tags=["agencies"], responses=documented(404))
async def get_case(case_id: CaseId, bridge: Parts, endpoint: AgencyEndpoint) -> AgencyCase:
    """A case in the agency's hands. One that is not is not found."""
    async with bridge.database.reading() as session:
        return await replies.read_case(session, bridge.keys, endpoint, case_id)


@router.post("/agency/cases/{case_id}/reveal", tags=["agencies"], responses=documented(404))
async def reveal(case_id: CaseId, request: Request, bridge: Parts, endpoint: AgencyEndpoint) -> Revealed:
    """The applicant's identifier and numbers; each look is written to the audit trail (promise 5)."""
    async with bridge.database.writing() as session:
        return await replies.reveal(session, bridge.keys, endpoint, case_id, address=address_of(request))


@router.post("/agency/cases/{case_id}/answers", tags=["agencies"], responses=documented(404, 409))
async def answer(
    case_id: CaseId,
    form: Annotated[AgencyAnswer, Body(examples=[{"text": "text of the answer", "kind": "final"}])],
    bridge: Parts,
    endpoint: AgencyEndpoint,
    key: Key = None,
) -> Taken:
    """Answers a case for the unit that has it."""
    async with bridge.database.writing() as session:
        taken = await replies.answer(session, endpoint, case_id, form, key=key)
    bridge.tell_on()
    return taken


@router.post("/agency/cases/{case_id}/referrals", tags=["agencies"], responses=documented(404, 409))
async def refer(
    case_id: CaseId,
    form: Annotated[
        AgencyReferral, Body(examples=[{"to_unit": "province/23/desk", "note": "beyond our duties"}])
    ],
    bridge: Parts,
    endpoint: AgencyEndpoint,
    key: Key = None,
) -> Taken:
    """Refers a case on: "not ours" is a referral, never a closure."""
    async with bridge.database.writing() as session:
        taken = await replies.refer(session, endpoint, case_id, form, key=key)
    bridge.tell_on()
    return taken
