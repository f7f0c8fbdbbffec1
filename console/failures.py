"""Errors as pages in plain words; to HTMX as a short notice in place of the part it asked for."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casebridge.problems import Problem, catalogue
from console.errors import NotSignedIn, ScreenError, StaleForm
from console.language import N_
from console.pages import language_of, render

log = structlog.get_logger("console")

TITLES: Final = {
    400: N_("This request can't be read"),
    401: N_("Please sign in"),
    403: N_("This is not open to you"),
    404: N_("Nothing is here"),
    405: N_("This can't be done this way"),
    409: N_("Somebody was faster"),
    422: N_("Something was filled in wrongly"),
    500: N_("Something went wrong with us"),
    503: N_("Not reachable at the moment"),
}
TEXTS: Final = {
    400: N_("The address or the form is damaged. Go back and try once more."),
    401: N_("Your session has ended. Sign in and go on where you were."),
    403: N_("Your account has no right to this page. If you need it for your work, ask your supervisor."),
    404: N_("The address may be mistyped, or what was here has moved."),
    405: N_("Go back to the page you came from and use its buttons."),
    409: N_("What you wanted to change has changed meanwhile. Look at it again."),
    422: N_("Go back and correct the form."),
    500: N_("The failure has been written down for the operators. Nothing a caller said is lost by it."),
    503: N_("The database does not answer. Calls are still taken and kept. Try again in a moment."),
}
STALE: Final = N_("This form is too old, or was opened before you signed in. Load the page again and repeat.")


def install_failures(screens: FastAPI) -> None:
    """Makes every error of the screens a page."""
    screens.add_exception_handler(NotSignedIn, _to_the_door)
    screens.add_exception_handler(ScreenError, _screen_error)
    screens.add_exception_handler(HTTPException, _http_error)
    screens.add_exception_handler(RequestValidationError, _invalid)
    screens.add_exception_handler(Problem, _problem)
    for kind in (OperationalError, InterfaceError, PoolExhausted, ConnectionError, TimeoutError):
        screens.add_exception_handler(kind, _unreachable)
    screens.add_exception_handler(Exception, _unexpected)


async def _to_the_door(request: Request, _error: Exception) -> Response:
    if request.method != "GET" or "HX-Request" in request.headers:
        return page(request, 401)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?back={quote(here, safe='')}" if here != "/" else "/sign-in", 303)


async def _screen_error(request: Request, error: Exception) -> Response:
    text = STALE if isinstance(error, StaleForm) else None
    return page(request, error.status if isinstance(error, ScreenError) else 500, text)


async def _http_error(request: Request, error: Exception) -> Response:
    return page(request, error.status_code if isinstance(error, HTTPException) else 500)


async def _invalid(request: Request, _error: Exception) -> Response:
    """A mistyped id in an address leads nowhere; a form's field that is wrong is said to be."""
    return page(request, 404 if request.method == "GET" else 422)


async def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        return page(request, 500)
    entry = catalogue()["problem"][error.code]
    words = entry[language_of(request).code]["detail"].format_map(
        {k: str(v) for k, v in error.values.items()}
    )
    return page(request, entry["status"], words)


async def _unreachable(request: Request, error: Exception) -> Response:
    log.error("screen_without_database", path=request.url.path, error=type(error).__name__)
    return page(request, 503)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("screen_failed", path=request.url.path, exc_info=error)
    request.state.failure_told = True
    return page(request, 500)


def page(request: Request, status: int, text: str | None = None) -> Response:
    """The error as a page in the frame, alone (nobody signed in), or as a part (HTMX)."""
    known = status if status in TITLES else (500 if status >= 500 else 400)
    speech = language_of(request)
    signed_in = getattr(request.state, "person", None) is not None
    template = "error_in_frame.html" if signed_in else "error_alone.html"
    if "HX-Request" in request.headers:
        template = "error_part.html"
    return render(
        request,
        template,
        status,
        title=speech.gettext(TITLES[known]),
        text=speech.gettext(text or TEXTS[known]),
    )
