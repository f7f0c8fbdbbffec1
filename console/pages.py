"""Turns templates into pages: one Jinja2 environment a language, everything escaped."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from console import words
from console.forms.tokens import COOKIE
from console.language import Language, language
from console.menu import menu_for
from console.words import way

TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGE_COOKIE: Final = "line111_language"
A_YEAR: Final = 365 * 24 * 3600


def language_of(request: Request) -> Language:
    """The language chosen in this browser; Persian until somebody chooses."""
    return _language(request.cookies.get(LANGUAGE_COOKIE, ""), request.app.state.settings.country_timezone)


def render(
    request: Request, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page, or a part of one for HTMX, in the visitor's language.

    Args:
        request: whose language, session and nonce are used.
        template: file name below `console/templates`.
        status: HTTP status (the template knows it as `status`).
        headers: further headers.
        values: what the template shows.
    """
    speech = language_of(request)
    new_seed = None
    if COOKIE not in request.cookies and not hasattr(request.state, "form_seed"):
        new_seed = request.state.form_seed = secrets.token_urlsafe(24)
    person = getattr(request.state, "person", None)
    page = _environment(speech).get_template(template)
    html = page.render(
        status=status,
        person=person,
        menu=menu_for(person, request.url.path),
        may_see_cases=person is not None and "cases:read" in person.scopes,
        now=datetime.now(speech.zone),
        icons=request.app.state.bundle.url("icons.svg"),
        form_token=request.app.state.form_tokens.make(request),
        style_nonce=request.state.style_nonce,
        here=_here(request),
        asset=request.app.state.bundle.url,
        **values,
    )
    response = HTMLResponse(html, status, headers)
    if new_seed:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, new_seed, httponly=True, samesite="strict", secure=secure)
    return response


def _here(request: Request) -> str:
    """Address of this page, for coming back to after signing in or changing the language."""
    if request.method != "GET" or "HX-Request" in request.headers:
        return request.url.path if request.url.path == "/sign-in" else "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


@cache
def _language(code: str, zone: str) -> Language:
    return language(code, zone)


@cache
def _environment(speech: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(speech.gettext, speech.ngettext, newstyle=True)  # type: ignore[attr-defined]

    environment.globals["speech"] = speech

    def named(code: object, table: str) -> str:
        return speech.gettext(words.word(table, code))

    environment.globals.update(colours=words.COLOURS, tables=words.TABLES, query=urlencode)
    environment.globals["urgencies"] = way.URGENCIES
    environment.filters.update(
        digits=speech.digits,
        number=speech.number,
        tracking=speech.tracking,
        day=speech.day,
        long_day=speech.long_day,
        short_day=speech.short_day,
        clock=speech.clock,
        moment=speech.moment,
        near_day=speech.near_day,
        duration=speech.duration,
        phone=speech.phone,
        province=speech.province,
        word=named,
        due=lambda due: way.due_in_words(due, speech, datetime.now(speech.zone)),
    )
    return environment
