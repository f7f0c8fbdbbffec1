"""Notifications over HTTP: the outbox for people, receipts and text messages from gateways."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.notifications import listing, mending
from casebridge.notifications.incoming.gateways import (
    given_in,
    incoming_message,
    incoming_receipt,
    named_gateway,
    sms_gateway,
)
from casebridge.notifications.incoming.opt_outs import set_opt_out
from casebridge.notifications.listing import MessageFilter
from casebridge.notifications.masking import contact_hash
from casebridge.notifications.providers.file import HttpEntry
from casebridge.notifications.schemas import (
    Audience,
    Contact,
    InboundMessage,
    InboundResult,
    MessageDetail,
    MessagePage,
    OptOut,
    ReceiptResult,
    State,
)
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import address_of, require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.wire import Name, TrackingCode

router = APIRouter(tags=["notifications"])
Parts = Annotated[Bridge, Depends(get_bridge)]
Reader = Annotated[Principal, Depends(require("notifications:read"))]
Writer = Annotated[Principal, Depends(require("notifications:write"))]
Gateway = Annotated[Principal, Depends(sms_gateway)]
Sender = Annotated[HttpEntry, Depends(named_gateway)]
MessageId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000009"])]
ProviderName = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,32}$", examples=["gateway"])]
UnitCode = Annotated[str, Query(pattern=r"^[a-z0-9_/-]{1,96}$", examples=["county/0801/desk"])]


@router.get("/notifications", responses=documented())
async def list_messages(
    bridge: Parts,
    who: Reader,
    state: State | None = None,
    audience: Audience | None = None,
    provider: Annotated[str | None, Query(pattern=r"^[a-z0-9_-]{1,32}$")] = None,
    template: Annotated[Name | None, Query()] = None,
    case_id: UUID | None = None,
    tracking_code: TrackingCode | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MessagePage:
    """Messages, newest first, receivers masked; texts only for those who may read cases."""
    wanted = MessageFilter(state, audience, provider, template, case_id, tracking_code)
    async with bridge.database.reading() as session:
        return await listing.list_messages(
            session,
            bridge.cursors,
            wanted,
            cursor=cursor,
            limit=limit,
            with_text="cases:read" in who.scopes,
        )


@router.get("/notifications/{message_id}", responses=documented(404))
async def get_message(message_id: MessageId, bridge: Parts, who: Reader) -> MessageDetail:
    """One message with all that was tried."""
    async with bridge.database.reading() as session:
        return await listing.get_message(session, message_id, with_text="cases:read" in who.scopes)


@router.post("/notifications/{message_id}/resend", status_code=202, responses=documented(404, 409))
async def resend(message_id: MessageId, request: Request, bridge: Parts, who: Writer) -> Response:
    """A dead message is tried again with every provider."""
    async with bridge.database.writing() as session:
        await mending.resend(session, message_id, who.actor, address=address_of(request))
    bridge.sender.wake()
    return Response(status_code=202)


@router.put("/opt-outs", status_code=204, responses=documented())
async def opt_out(
    wish: Annotated[OptOut, Body(examples=[{"receiver": "+989120000000", "wants_messages": False}])],
    bridge: Parts,
    who: Writer,
) -> Response:
    """Somebody wants no messages, or wants them again; those the law demands still come."""
    hashed = contact_hash(bridge.lookup_key, wish.receiver)
    async with bridge.database.writing() as session:
        await set_opt_out(session, hashed, wants_messages=wish.wants_messages, by=who.actor)
    return Response(status_code=204)


@router.get("/unit-contacts", responses=documented())
async def list_contacts(bridge: Parts, _who: Reader) -> dict[str, Contact]:
    """Where units are told what concerns them."""
    async with bridge.database.reading() as session:
        return await mending.contacts(session)


@router.put("/unit-contacts", status_code=204, responses=documented())
async def set_contact(
    contact: Annotated[Contact, Body(examples=[{"email": "desk@agency.example", "language": "fa"}])],
    unit_code: UnitCode,
    bridge: Parts,
    who: Writer,
) -> Response:
    """Says where a unit is told."""
    async with bridge.database.writing() as session:
        await mending.set_contact(session, unit_code, contact, who.actor)
    return Response(status_code=204)


@router.post("/notifications/receipts/{provider}", responses=documented())
async def receipt(provider: ProviderName, request: Request, bridge: Parts, gateway: Sender) -> ReceiptResult:
    """A gateway says what became of a message it took, in its own words (see the file of providers)."""
    given: dict[str, Any] = await given_in(request)
    reference, state = incoming_receipt(gateway.incoming, given)
    if state:
        await bridge.ear.receipt(provider, reference, state)
    return ReceiptResult(state=state or "ignored")


@router.post("/sms/inbound", responses=documented())
async def inbound(
    message: Annotated[
        InboundMessage, Body(examples=[{"sender": "+989120000000", "text": "1", "reference": "m-1"}])
    ],
    bridge: Parts,
    _who: Gateway,
) -> InboundResult:
    """A citizen's text message, in our own words: 1 accepts an answer, 2 objects to it."""
    understood = await bridge.ear.understand("inbound", message.sender, message.text, message.reference)
    return InboundResult(understood=understood)


@router.post("/sms/inbound/{provider}", responses=documented())
async def inbound_from(
    provider: ProviderName, request: Request, bridge: Parts, gateway: Sender
) -> InboundResult:
    """A citizen's text message in a gateway's own words (see the file of providers)."""
    message = incoming_message(gateway.incoming, await given_in(request))
    understood = await bridge.ear.understand(provider, message.sender, message.text, message.reference)
    return InboundResult(understood=understood)
