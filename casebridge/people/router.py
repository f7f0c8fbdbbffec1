"""Signing in and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Depends, Request, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.people import service
from casebridge.people.access import (
    COOKIE,
    address_of,
    current_person,
    drop_session_cookie,
    everybody,
    set_session_cookie,
)
from casebridge.people.rules import NEWCOMER, Role
from casebridge.people.schemas import Credentials, Session
from casebridge.people.service import Principal, SignedIn
from casebridge.people.sign_in import throttled_sign_in
from casebridge.problems import Problem, documented

router = APIRouter(tags=["session"])
Parts = Annotated[Bridge, Depends(get_bridge)]


async def check_origin(request: Request) -> None:
    """Raises Problem `csrf` for a form that another site sends (there is no session yet to bind it to)."""
    origin = request.headers.get("origin")
    if origin not in {None, "null"} and urlsplit(origin or "").netloc != request.headers.get("host"):
        raise Problem("csrf")


async def sign_in_from(bridge: Bridge, request: Request, username: str, password: str) -> SignedIn:
    """Signs a person in at the API. Raises Problem `wrong_password`, `too_many_attempts`, `csrf`."""
    await check_origin(request)
    signed_in = await throttled_sign_in(bridge, address_of(request), username, password)
    if signed_in is None:
        raise Problem("wrong_password")
    return signed_in


@router.post("/session", status_code=201, responses=documented(429), dependencies=[Depends(everybody)])
async def sign_in(
    credentials: Annotated[Credentials, Body(examples=[{"username": "agent1", "password": "a long one"}])],
    request: Request,
    response: Response,
    bridge: Parts,
) -> Session:
    """Opens a session: the cookie identifies it, the CSRF token goes with every change."""
    signed_in = await sign_in_from(bridge, request, credentials.username, credentials.password)
    set_session_cookie(response, signed_in, request)
    person = signed_in.person
    return Session(
        username=person.name,
        display_name=person.display_name,
        roles=sorted(Role(role) for role in person.roles - {NEWCOMER}),
        csrf_token=signed_in.csrf_token,
        expires_at=signed_in.expires_at,
    )


@router.get("/session", responses=documented())
async def who_am_i(person: Annotated[Principal, Depends(current_person)]) -> Session:
    """Who is signed in."""
    return Session(
        username=person.name,
        display_name=person.display_name,
        roles=sorted(Role(role) for role in person.roles - {NEWCOMER}),
        csrf_token=person.csrf_token,
    )


@router.delete("/session", status_code=204, responses=documented())
async def sign_out(
    request: Request, bridge: Parts, _person: Annotated[Principal, Depends(current_person)]
) -> Response:
    """Ends the session at once, on the server too."""
    async with bridge.database.writing() as session:
        await service.sign_out(session, request.cookies.get(COOKIE, ""), address=address_of(request))
    answer = Response(status_code=204)
    drop_session_cookie(answer)
    return answer
