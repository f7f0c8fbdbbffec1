"""Choosing a password of one's own: at the first sign-in one must, later one may."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from casebridge.people import service as people
from casebridge.people.access import COOKIE, address_of
from casebridge.people.rules import NEWCOMER, SHORTEST_PASSWORD
from casebridge.people.service import Principal
from console.forms.outcomes import Notices, done, notice
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, SignedIn

router = APIRouter()
NOTICES: Final[Notices] = {"chosen": (N_("From now on your new password counts."), "green")}
TRIES, SECONDS = 10, 300
"""So many wrong old passwords of one person within this time; then they wait."""
WRONG: Final = {
    "old": N_("The password until now is not right."),
    "short": N_("A password needs at least eight characters."),
    "differ": N_("The two new passwords are not the same."),
    "same": N_("Choose another password than the one until now."),
}
Word = Annotated[str, Form(max_length=256)]


@router.get("/password")
async def password_page(
    request: Request, person: SignedIn, said: Annotated[str, Query(max_length=16)] = ""
) -> Response:
    """The form."""
    return _page(request, person, said=said)


@router.post("/password", dependencies=[Depends(check_form)])
async def choose_password(
    request: Request, bridge: BridgeParts, person: SignedIn, old: Word = "", new: Word = "", again: Word = ""
) -> Response:
    """Takes the new password, and ends this person's other sessions."""
    wrong = _wrong(old, new, again)
    if not wrong:
        await bridge.throttle.attempt("password", person.name, limit=TRIES, seconds=SECONDS)
        token, address = request.cookies.get(COOKIE, ""), address_of(request)
        chosen = await people.choose_password(bridge.database, person, old, new, token=token, address=address)
        wrong = "" if chosen else "old"
    if wrong:
        return _page(request, person, wrong=wrong)
    return done(bridge, "/password", "chosen")


def _wrong(old: str, new: str, again: str) -> str:
    if len(new) < SHORTEST_PASSWORD:
        return "short"
    if new != again:
        return "differ"
    return "same" if new == old else ""


def _page(request: Request, person: Principal, *, wrong: str = "", said: str = "") -> Response:
    return render(
        request,
        "password.html",
        422 if wrong else 200,
        wrong=language_of(request).gettext(WRONG[wrong]) if wrong else "",
        must=NEWCOMER in person.roles,
        **notice(request, NOTICES, said),
    )
