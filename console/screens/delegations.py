"""Delegations: let somebody act for a unit for a time, within limits; take it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from casebridge.cartables import delegations as service
from casebridge.cartables.access import sight_of
from casebridge.cartables.rules import Act
from casebridge.cartables.schemas import DelegationForm
from casebridge.cases.schemas import Kind
from casebridge.country.service import country
from casebridge.problems import Problem
from console.forms.outcomes import Notices, done, notice, refusal
from console.forms.tokens import check_form
from console.language import N_, Language, NotADate
from console.pages import language_of, render
from console.visitor import BridgeParts, CartableUser

router = APIRouter()
NOTICES: Final[Notices] = {
    "given": (N_("The delegation is given, and written down with your name."), "green"),
    "revoked": (N_("The delegation is taken back: from now on nothing can be done with it."), "green"),
}
KINDS: Final = tuple(kind.value for kind in Kind if kind is not Kind.UNCLASSIFIED)
ACTS: Final = tuple(act.value for act in Act)


@router.get("/delegations")
async def page(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Those one has given and got, and the form for another."""
    return await _page(request, bridge, person, said=said)


@router.post("/delegations", dependencies=[Depends(check_form)])
async def give(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    to_username: Annotated[str, Form(max_length=64)] = "",
    unit_code: Annotated[str, Form(max_length=96)] = "",
    since: Annotated[str, Form(max_length=16)] = "",
    until: Annotated[str, Form(max_length=16)] = "",
    actions: Annotated[list[str], Form(max_length=8)] = [],  # noqa: B006 - FastAPI copies it
    kinds: Annotated[list[str], Form(max_length=8)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Gives a delegation, from the first moment of one day to the last of another."""
    speech = language_of(request)
    typed = {"to_username": to_username, "unit_code": unit_code, "since": since, "until": until}
    try:
        begins, ends = _span(speech, since, until)
        form = DelegationForm(
            to_username=to_username,
            unit_code=unit_code,
            from_at=begins,
            until_at=ends,
            actions=actions,
            kinds=kinds,
        )
        async with bridge.database.writing() as session:
            await service.delegate(session, person, form)
    except NotADate:
        wrong = speech.gettext(N_("Write the days as figures: year, month, day."))
    except (ValidationError, Problem) as error:
        wrong = " ".join((await refusal(request, bridge, error)).told)
    else:
        return done(bridge, "/delegations", "given")
    return await _page(
        request, bridge, person, wrong=wrong, typed=typed, actions=actions, kinds=kinds, status=422
    )


@router.post("/delegations/{delegation_id}/revoke", dependencies=[Depends(check_form)])
async def revoke(bridge: BridgeParts, person: CartableUser, delegation_id: UUID) -> Response:
    """Takes one back."""
    async with bridge.database.writing() as session:
        await service.revoke(session, person, delegation_id)
    return done(bridge, "/delegations", "revoked")


async def _page(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    *,
    said: str = "",
    wrong: str = "",
    typed: dict[str, str] | None = None,
    actions: list[str] | None = None,
    kinds: list[str] | None = None,
    status: int = 200,
) -> Response:
    speech = language_of(request)
    async with bridge.database.reading() as session:
        lines = await service.delegations_of(session, person)
        own = (await sight_of(session, person)).own
        land = await country(session)
    today = datetime.now(speech.zone)
    days = {"since": speech.short_day(today), "until": speech.short_day(today + timedelta(days=7))}
    return render(
        request,
        "delegations.html",
        status,
        lines=lines,
        units=[(code, land.name(code, speech.code)) for code in sorted(own)],
        named=lambda code: land.name(code, speech.code),
        **notice(request, NOTICES, said),
        wrong=wrong,
        typed={"to_username": "", "unit_code": ""} | days | (typed or {}),
        chosen_acts=ACTS if actions is None else actions,
        chosen_kinds=kinds or [],
        all_acts=ACTS,
        all_kinds=KINDS,
    )


def _span(speech: Language, since: str, until: str) -> tuple[datetime, datetime]:
    """From the beginning of a day to the end of another. Raises NotADate."""
    first, last = speech.parse_day(since), speech.parse_day(until)
    return speech.start_of(first), speech.start_of(last + timedelta(days=1))
