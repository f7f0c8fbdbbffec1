"""Signing in and out, and choosing the language (possible before signing in)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from casebridge.people import service as people
from casebridge.people.access import COOKIE, address_of, drop_session_cookie, set_session_cookie
from casebridge.people.rules import NEWCOMER
from casebridge.people.sign_in import throttled_sign_in
from casebridge.problems import Problem
from console.forms.tokens import check_form
from console.language import CODES
from console.pages import A_YEAR, LANGUAGE_COOKIE, language_of, render
from console.visitor import Anybody, BridgeParts, SignedIn

router = APIRouter()
Field = Annotated[str, Form(max_length=256)]
Back = Annotated[str, Form(max_length=2000)]


@router.get("/sign-in")
async def sign_in_page(
    request: Request, person: Anybody, back: Annotated[str, Query(max_length=2000)] = "/"
) -> Response:
    """The door."""
    if person is not None:
        return RedirectResponse(local(back), 303)
    return _door(request, back=local(back))


@router.post("/sign-in", dependencies=[Depends(check_form)])
async def sign_in(
    request: Request,
    bridge: BridgeParts,
    _: Anybody,
    username: Field = "",
    password: Field = "",
    back: Back = "/",
) -> Response:
    """Opens a session, or says why not."""
    speech = language_of(request)
    name = "".join(character for character in username if character.isprintable()).strip()
    try:
        opened = await throttled_sign_in(bridge, address_of(request), name[:64], password)
    except Problem as problem:
        if problem.code != "too_many_attempts":
            raise
        seconds = int(problem.headers.get("Retry-After", "60"))
        words = speech.ngettext(
            "Too many wrong attempts. Try again in %(seconds)s second.",
            "Too many wrong attempts. Try again in %(seconds)s seconds.",
            seconds,
        ) % {"seconds": speech.number(seconds)}
        return _door(request, 429, back=local(back), username=name, problem=words, throttled=True)
    if opened is None:
        words = speech.gettext("User name or password is not right. Check the keyboard's language, too.")
        return _door(request, 401, back=local(back), username=name, problem=words)
    response = RedirectResponse("/password" if NEWCOMER in opened.person.roles else local(back), 303)
    set_session_cookie(response, opened, request)
    return response


@router.post("/sign-out", dependencies=[Depends(check_form)])
async def sign_out(request: Request, bridge: BridgeParts, _: SignedIn) -> Response:
    """Ends the session."""
    async with bridge.database.writing() as session:
        await people.sign_out(session, request.cookies.get(COOKIE, ""), address=address_of(request))
    response = RedirectResponse("/sign-in", 303)
    drop_session_cookie(response)
    return response


@router.post("/language", dependencies=[Depends(check_form)])
async def choose_language(request: Request, _: Anybody, language: Field, back: Back = "/") -> Response:
    """Keeps the chosen language in this browser."""
    response = RedirectResponse(local(back), 303)
    if language in CODES:
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=A_YEAR, samesite="lax", secure=request.url.scheme == "https"
        )
    return response


def local(address: str) -> str:
    """The address where it is a path of ours, otherwise the overview: no form leads elsewhere."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() and "\\" not in address else "/"


def _door(
    request: Request,
    status: int = 200,
    *,
    back: str,
    username: str = "",
    problem: str = "",
    throttled: bool = False,
) -> Response:
    return render(
        request, "sign_in.html", status, back=back, username=username, problem=problem, throttled=throttled
    )
