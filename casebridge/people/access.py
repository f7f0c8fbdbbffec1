"""Access to routes: everything is denied unless a route names what is needed (deny by default).

A request carries either `Authorization: Bearer <token>` (services) or the session cookie (people).
Unsafe requests with a cookie must repeat the session's CSRF token in the header `X-CSRF-Token`; the
forms of the screens have tokens of their own (`console.forms.tokens`).
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPBearer

from casebridge.bridge import Bridge, get_bridge
from casebridge.people import service
from casebridge.people.service import Principal, SignedIn
from casebridge.problems import Problem

COOKIE = "line111_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, scheme_name="service", description="Token of a service")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="person", description="Session of a person")


async def optional_principal(
    request: Request,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _token: Annotated[Any, Security(_bearer)] = None,
    _session: Annotated[Any, Security(_cookie)] = None,
) -> Principal | None:
    """Whoever asks, or None. A wrong token is an error, not nobody."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        found = await bridge.service_by_token(token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
        return found
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    async with bridge.database.reading() as session:
        person = await service.person_of(session, token)
    if person is not None and request.method not in SAFE_METHODS:
        _check_csrf(request, person)
    return person


async def current_principal(
    principal: Annotated[Principal | None, Depends(optional_principal)],
) -> Principal:
    """Whoever asks. Raises 401 where that is nobody."""
    if principal is None:
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    return principal


async def current_person(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
    """The person signed in. Raises 401 for nobody, 403 for a service."""
    if principal.kind != "person":
        raise Problem("not_allowed")
    return principal


class KnownFirst(APIRoute):
    """A route with a large body: who sends it is asked before it is read, and read as JSON.

    FastAPI reads a body that it gives to the route before any dependency.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, reached by those signed in alone."""
        handler = super().get_route_handler()

        async def known_first(request: Request) -> Response:
            await current_principal(await optional_principal(request, get_bridge(request)))
            return await handler(request)

        return known_first


def require(scope: str) -> Callable[..., Awaitable[Principal]]:
    """A dependency: the route is for those who have this scope, by token or by role."""

    async def check(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
        if scope not in principal.scopes:
            raise Problem("not_allowed")
        return principal

    check.__dict__["line111_access"] = scope
    return check


async def everybody() -> None:
    """A dependency that says: this route is meant to be open."""


everybody.__dict__["line111_access"] = "everybody"


def set_session_cookie(response: Response, signed_in: SignedIn, request: Request) -> None:
    """Puts the session into a cookie that scripts can't read and other sites can't send along.

    It ends with the browser; the session itself ends by the server's clock.
    """
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, signed_in.token, httponly=True, samesite="lax", secure=secure, path="/")


def drop_session_cookie(response: Response) -> None:
    """Takes it out of the browser again."""
    response.delete_cookie(COOKIE, path="/")


def address_of(request: Request) -> str | None:
    """Where a request came from, for the audit trail."""
    return request.client.host[:64] if request.client else None


def _check_csrf(request: Request, person: Principal) -> None:
    given = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(given.encode(), person.csrf_token.encode()):
        raise Problem("csrf")
