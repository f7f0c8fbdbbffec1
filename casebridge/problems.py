"""Errors as RFC 9457 problem details, in Persian and English, from the catalogue `problems.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from casebridge.tracking_codes.permutation import CodesExhausted

log = structlog.get_logger("casebridge.problems")
LANGUAGES = ("fa", "en")


class Problem(Exception):
    """Anything the one who asked must be told.

    Args:
        code: Name in the catalogue; gives status, title and detail.
        errors: `(field, message code)` of each field that is wrong.
        headers: Headers of the answer, such as Retry-After.
        members: What the answer says beside the usual (RFC 9457, section 3.2), as JSON.
        values: What the detail's placeholders stand for.
    """

    def __init__(
        self,
        code: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        self.values = values


class FieldError(BaseModel):
    """A field that is wrong, and why."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """The catalogue: `problem.<code>` with status, fa, en; `field.<code>` with fa, en."""
    return tomllib.loads((files("casebridge") / "problems.toml").read_text(encoding="utf-8"))


def language_of(request: Request) -> str:
    """The better of Persian and English for this request (RFC 9110, Accept-Language)."""
    best, best_weight = "fa", 0.0
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        try:
            value = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
        if language in LANGUAGES and value > best_weight:
            best, best_weight = language, value
    return best


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as the answer to a request."""
    language = language_of(request)
    entry = catalogue()["problem"][problem.code]
    errors = [{"field": field, "message": _field_text(code, language)} for field, code in problem.errors]
    text = entry[language]
    body = {
        "type": f"urn:line111:problem:{problem.code}",
        "title": text["title"],
        "status": entry["status"],
        "detail": text["detail"].format_map({k: str(v) for k, v in problem.values.items()}),
        "errors": errors,
        **problem.members,
    }
    return JSONResponse(
        body,
        status_code=entry["status"],
        headers={"Content-Language": language, "Vary": "Accept-Language", **problem.headers},
        media_type="application/problem+json",
    )


def _field_text(code: str, language: str) -> str:
    entry = catalogue()["field"].get(code) or catalogue()["field"]["invalid"]
    return str(entry[language])


def _from_validation(error: RequestValidationError) -> Problem:
    errors = []
    for item in error.errors()[:50]:
        place = [str(part) for part in item["loc"] if part not in {"body", "query", "path", "header"}]
        errors.append((".".join(place) or "body", str(item["type"])))
    return Problem("invalid_request", errors=errors)


_BY_STATUS = {
    400: "unreadable",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem document."""

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        return answer(request, problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(request, _from_validation(error))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        code = _BY_STATUS.get(error.status_code, "unreadable" if error.status_code < 500 else "internal")
        return answer(request, Problem(code, headers=error.headers))

    @app.exception_handler(CodesExhausted)
    async def on_exhausted(request: Request, error: CodesExhausted) -> JSONResponse:
        log.critical("codes_exhausted", reason=str(error))
        return answer(request, Problem("codes_exhausted"))

    async def on_database(request: Request, error: Exception) -> JSONResponse:
        log.error("database_unavailable", error=type(error).__name__, path=request.url.path)
        return answer(request, Problem("unavailable", headers={"Retry-After": "2"}))

    for kind in (OperationalError, InterfaceError, PoolExhausted, ConnectionError, TimeoutError):
        app.add_exception_handler(kind, on_database)

    @app.exception_handler(ClientDisconnect)
    async def on_hang_up(request: Request, _error: ClientDisconnect) -> JSONResponse:
        return answer(request, Problem("unreadable"))  # nobody reads it: they are gone

    @app.exception_handler(DBAPIError)
    async def on_statement(request: Request, error: DBAPIError) -> JSONResponse:
        if error.connection_invalidated or type(error.orig).__name__.startswith("Cannot"):
            return await on_database(request, error)
        return await on_anything(request, error)

    @app.exception_handler(Exception)
    async def on_anything(request: Request, error: Exception) -> JSONResponse:
        log.error("request_failed", path=request.url.path, exc_info=error)
        return answer(request, Problem("internal"))


DOCUMENTED = {
    status: {"model": ProblemDetails, "description": description, "content": {"application/problem+json": {}}}
    for status, description in {
        400: "The request can't be read",
        401: "Not signed in",
        403: "Not allowed",
        404: "Not found",
        409: "Conflicts with what is there",
        413: "Too large",
        422: "A field is wrong",
        429: "Too many attempts",
        503: "Try again later",
    }.items()
}
"""Answers every route may give, for OpenAPI."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of the problems a route may answer with (those of every route included)."""
    return {status: DOCUMENTED[status] for status in sorted({400, 401, 403, 422, 503, *statuses})}
