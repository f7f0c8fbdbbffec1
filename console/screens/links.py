"""Neighbours: what waits for them, dead letters to send again, agencies' endpoints, applications' keys."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases import listing
from casebridge.country.service import country as read_country
from casebridge.links import aside
from casebridge.links import service as links
from casebridge.links.deliverer import count_by_state
from casebridge.links.samad.interface import LinkError
from casebridge.links.schemas import AsideState, DeliveryState
from casebridge.open311 import service as open311
from casebridge.paging import MAX_CURSOR
from casebridge.problems import Problem
from casebridge.webhooks import service as webhooks
from casebridge.webhooks.addresses import UnsafeTarget, networks, place_of
from casebridge.webhooks.schemas import WebhookForm
from console.figures import Count
from console.forms.outcomes import Notices, done, notice, refusal
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CasePasser, LinkKeeper, LinkReader
from persian.digits import only_digits

router = APIRouter()
PAGE: Final = 50
STATES: Final = ("dead", "waiting", "delivered", "dropped")
ASIDE: Final = {"dead": AsideState.ASIDE, "dropped": AsideState.DROPPED}
"""Changes that came and could not be applied stand with the deliveries of the like state."""
NOTICES: Final[Notices] = {
    "resent": (N_("It is on its way again."), "green"),
    "dropped": (N_("It will not be delivered."), "slate"),
    "fits": (N_("It fits now, and is applied."), "green"),
    "still": (N_("It still does not fit; it stays set aside."), "amber"),
    "for_good": (N_("It is set aside for good."), "slate"),
    "tested": (N_("The endpoint has taken the test message."), "green"),
    "untold": (N_("The endpoint did not take the test message."), "red"),
    "ended": (N_("Ended: nothing is sent there any more, and its token opens nothing."), "slate"),
    "passed": (N_("The case is on its way to the other centre; its answers come back."), "green"),
    "no_case": (N_("No case has this tracking code."), "red"),
    "twice": (N_("The case was passed to that centre before."), "red"),
    "changed": (N_("Somebody else was quicker; look again."), "slate"),
}


@router.get("/links")
async def links_page(
    request: Request,
    bridge: BridgeParts,
    person: LinkReader,
    state: Annotated[str, Query(max_length=16)] = STATES[0],
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Deliveries by their state, endpoints, keys."""
    return await _page(request, bridge, person, state=state, cursor=cursor, said=said)


@router.post("/links/deliveries/{delivery_id}/{deed}", dependencies=[Depends(check_form)])
async def settle(
    bridge: BridgeParts, person: LinkKeeper, delivery_id: UUID, deed: Literal["resend", "drop"]
) -> Response:
    """Sends a dead letter again, or drops it."""
    try:
        async with bridge.database.writing() as session:
            if deed == "resend":
                await links.resend(session, delivery_id, person.actor)
            else:
                await links.drop(session, delivery_id, person.actor)
    except Problem:
        return done(bridge, "/links", "changed")
    return done(bridge, "/links", "resent" if deed == "resend" else "dropped")


@router.post("/links/changes/{aside_id}/{deed}", dependencies=[Depends(check_form)])
async def settle_change(
    bridge: BridgeParts, person: LinkKeeper, aside_id: UUID, deed: Literal["again", "drop"]
) -> Response:
    """Looks again at a change that could not be applied, or sets it aside for good."""
    try:
        async with bridge.database.writing() as session:
            if deed == "drop":
                await aside.drop(session, aside_id, person.actor)
                said = "for_good"
            else:
                outcome = await aside.look_again(
                    session, bridge.keys, bridge.neighbours.mapping, aside_id, person.actor
                )
                said = "fits" if outcome in aside.FITS else "still"
    except Problem:
        return done(bridge, "/links", "changed")
    return done(bridge, "/links", said)


@router.post("/links/resend-all", dependencies=[Depends(check_form)])
async def resend_all(
    bridge: BridgeParts, person: LinkKeeper, target: Annotated[str, Form(max_length=96)]
) -> Response:
    """Sends all dead letters of one neighbour again."""
    async with bridge.database.writing() as session:
        await links.resend_all(session, target, person.actor)
    return done(bridge, "/links", "resent")


@router.post("/links/endpoints", dependencies=[Depends(check_form)])
async def register(
    request: Request,
    bridge: BridgeParts,
    person: LinkKeeper,
    agency: Annotated[str, Form(max_length=64)] = "",
    name: Annotated[str, Form(max_length=128)] = "",
    url: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Registers an agency's endpoint and shows its secret and token, this once."""
    try:
        await _check_endpoint(bridge, agency, url.strip())
        form = WebhookForm(agency=agency, name=name.strip(), url=url.strip())
    except (Problem, ValidationError) as error:
        told = await refusal(request, bridge, error)
        asked = {"agency": agency, "name": name, "url": url}
        return await _page(
            request, bridge, person, wrong=" ".join(told.told), asked=asked, status=told.status
        )
    async with bridge.database.writing() as session:
        made = await webhooks.register(session, bridge.keys, form, person.actor)
    return render(request, "link_secrets.html", made=made, key=None, headers={"Cache-Control": "no-store"})


@router.post("/links/endpoints/{webhook_id}/test", dependencies=[Depends(check_form)])
async def test(bridge: BridgeParts, _: LinkKeeper, webhook_id: UUID) -> Response:
    """Sends a test message now."""
    async with bridge.database.reading() as session:
        webhook = await webhooks.get(session, webhook_id)
    try:
        await bridge.agencies.test(webhook)
    except LinkError:
        return done(bridge, "/links", "untold")
    return done(bridge, "/links", "tested")


@router.post("/links/endpoints/{webhook_id}/end", dependencies=[Depends(check_form)])
async def end(bridge: BridgeParts, person: LinkKeeper, webhook_id: UUID) -> Response:
    """Ends an endpoint."""
    async with bridge.database.writing() as session:
        await webhooks.disable(session, webhook_id, person.actor)
    return done(bridge, "/links", "ended")


@router.post("/links/keys", dependencies=[Depends(check_form)])
async def make_key(
    request: Request,
    bridge: BridgeParts,
    person: LinkKeeper,
    name: Annotated[str, Form(min_length=1, max_length=128)],
) -> Response:
    """Makes an application's key and shows it, this once."""
    async with bridge.database.writing() as session:
        key = await open311.make_key(session, name.strip(), person.actor)
    return render(request, "link_secrets.html", made=None, key=key, headers={"Cache-Control": "no-store"})


@router.post("/links/keys/{key_id}/end", dependencies=[Depends(check_form)])
async def end_key(bridge: BridgeParts, person: LinkKeeper, key_id: UUID) -> Response:
    """Ends an application's key."""
    async with bridge.database.writing() as session:
        await open311.end_key(session, key_id, person.actor)
    return done(bridge, "/links", "ended")


@router.post("/links/pass", dependencies=[Depends(check_form)])
async def pass_case(
    bridge: BridgeParts,
    person: CasePasser,
    code: Annotated[str, Form(max_length=40)],
    centre: Annotated[str, Form(max_length=32)],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Gives a case to another centre."""
    wanted = listing.CaseFilter(tracking_code=only_digits(code))
    async with bridge.database.reading() as session:
        found = (await listing.list_cases(session, bridge.keys, bridge.cursors, wanted, limit=1)).items
    if not found or centre not in bridge.settings.links.centres:
        return done(bridge, "/links", "no_case")
    try:
        async with bridge.database.writing() as session:
            await links.pass_case(session, found[0].id, centre, person.actor, note=note.strip() or None)
    except Problem:
        return done(bridge, "/links", "twice")
    return done(bridge, "/links", "passed")


async def _page(
    request: Request,
    bridge: BridgeParts,
    person: LinkReader,
    *,
    state: str = STATES[0],
    cursor: str | None = None,
    said: str = "",
    wrong: str = "",
    asked: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    shown = state if state in STATES else STATES[0]
    counts = await count_by_state(bridge.database)
    async with bridge.database.reading() as session:
        page = await links.list_deliveries(
            session, bridge.cursors, state=DeliveryState(shown), cursor=cursor, limit=PAGE
        )
        changes = await aside.list_aside(session, bridge.keys, ASIDE[shown]) if shown in ASIDE else []
        endpoints = await webhooks.list_webhooks(session)
        keys = await open311.list_keys(session)
        agencies = await _agencies(session, language_of(request).code)
    in_use = sum(endpoint.disabled_at is None for endpoint in endpoints)
    return render(
        request,
        "links.html",
        status,
        page=page,
        state=shown,
        states=STATES,
        changes=changes,
        counts=[
            Count(N_("Waiting to be delivered"), "clock", counts["waiting"]),
            Count(N_("Dead letters"), "alert-triangle", counts["dead"], alarm=True),
            Count(N_("Changes set aside"), "inbox", counts["aside"], alarm=True),
            Count(N_("Agencies' endpoints in use"), "check", in_use),
        ],
        dead_targets=sorted({item.target for item in page.items}) if shown == "dead" else [],
        endpoints=endpoints,
        keys=keys,
        agencies=agencies,
        centres=sorted(bridge.settings.links.centres),
        may_keep="links:write" in person.scopes,
        may_pass="cases:pass" in person.scopes,
        wrong=wrong,
        asked=asked or {"agency": "", "name": "", "url": ""},
        **notice(request, NOTICES, said),
    )


async def _agencies(session: AsyncSession, language: str) -> list[tuple[str, str]]:
    """Agencies in force by code, with their names."""
    country = await read_country(session)
    active = [agency for agency in country.agencies.values() if agency.active]
    return sorted(((one.code, country.name(one.code, language)) for one in active), key=lambda one: one[1])


async def _check_endpoint(bridge: BridgeParts, agency: str, url: str) -> None:
    """Raises Problem naming what can't be told things."""
    async with bridge.database.reading() as session:
        if (await read_country(session)).agency(agency) is None:
            raise Problem("invalid_request", errors=[("agency", "unknown_agency")])
    try:
        await place_of(url, networks(bridge.settings.links.allow_private))
    except UnsafeTarget as error:
        raise Problem("invalid_request", errors=[("url", str(error))]) from None
