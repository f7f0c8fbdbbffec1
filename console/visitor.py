"""Who looks at a screen, and whether they may: every route names the scope it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from casebridge.bridge import Bridge, get_bridge
from casebridge.people import service as people
from casebridge.people.access import COOKIE
from casebridge.people.service import Principal
from console.errors import NotAllowed, NotSignedIn

BridgeParts = Annotated[Bridge, Depends(get_bridge)]


async def visitor(request: Request, bridge: BridgeParts) -> Principal | None:
    """The person signed in in this browser, or None; kept in `request.state.person` for the page."""
    token = request.cookies.get(COOKIE, "")
    person = None
    if token:
        async with bridge.database.reading() as session:
            person = await people.person_of(session, token)
    request.state.person = person
    return person


def needs(scope: str) -> Callable[..., Awaitable[Principal]]:
    """A dependency: the screen is for people whose roles give this scope.

    Raises:
        NotSignedIn: nobody is signed in.
        NotAllowed: somebody else than who may see it.
    """

    async def check(person: Annotated[Principal | None, Depends(visitor)]) -> Principal:
        if person is None:
            raise NotSignedIn
        if scope not in person.scopes:
            raise NotAllowed
        return person

    check.__dict__["line111_access"] = scope
    return check


async def signed_in(person: Annotated[Principal | None, Depends(visitor)]) -> Principal:
    """A dependency: the screen is for everybody who is signed in. Raises NotSignedIn."""
    if person is None:
        raise NotSignedIn
    return person


signed_in.__dict__["line111_access"] = "signed in"


async def open_to_all(person: Annotated[Principal | None, Depends(visitor)]) -> Principal | None:
    """A dependency that says: this screen is meant to be open, signed in or not."""
    return person


open_to_all.__dict__["line111_access"] = "everybody"

SignedIn = Annotated[Principal, Depends(signed_in)]
Anybody = Annotated[Principal | None, Depends(open_to_all)]
CaseReader = Annotated[Principal, Depends(needs("cases:read"))]
CaseWriter = Annotated[Principal, Depends(needs("cases:write"))]
CaseLinker = Annotated[Principal, Depends(needs("cases:link"))]
CartableUser = Annotated[Principal, Depends(needs("cartable:use"))]
CentreReader = Annotated[Principal, Depends(needs("supervision:read"))]
Revealer = Annotated[Principal, Depends(needs("cases:reveal"))]
CallbackReader = Annotated[Principal, Depends(needs("callbacks:read"))]
CallbackTaker = Annotated[Principal, Depends(needs("callbacks:claim"))]
Operator = Annotated[Principal, Depends(needs("operate"))]
MessageReader = Annotated[Principal, Depends(needs("notifications:read"))]
MessageMender = Annotated[Principal, Depends(needs("notifications:write"))]
Auditor = Annotated[Principal, Depends(needs("audit:read"))]
LinkReader = Annotated[Principal, Depends(needs("links:read"))]
LinkKeeper = Annotated[Principal, Depends(needs("links:write"))]
CasePasser = Annotated[Principal, Depends(needs("cases:pass"))]
CountryReader = Annotated[Principal, Depends(needs("country:read"))]
CountryEditor = Annotated[Principal, Depends(needs("country:write"))]
EventListener = Annotated[Principal, Depends(needs("live:read"))]
