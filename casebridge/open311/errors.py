"""Errors in the standard's format, on the routes of the standard alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from casebridge.open311.documents import errors
from casebridge.open311.rendering import JSON, XML, Document, to_json, to_xml
from casebridge.open311.rules import BadRequest
from casebridge.open311.wording import word
from casebridge.problems import LANGUAGES, Problem, catalogue, language_of

STATUSES: Final = {400, 403, 404, 429, 503}
"""What the standard and we answer with; everything else that can't be fulfilled is 400."""
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StandardRoute(APIRoute):
    """A route whose errors are the standard's `errors` document."""

    def get_route_handler(self) -> Handler:
        """The handler, with its errors told in the asked format."""
        handler = super().get_route_handler()

        async def in_the_standards_words(request: Request) -> Response:
            try:
                return await handler(request)
            except BadRequest as error:
                return _answer(request, error.status, _words(error, language_asked(request)))
            except RequestValidationError as error:
                field = ".".join(str(part) for part in error.errors()[0]["loc"][1:])
                bad = BadRequest("field", field=field)
                return _answer(request, 400, _words(bad, language_asked(request)))
            except Problem as problem:
                entry = catalogue()["problem"][problem.code]
                text = entry[language_asked(request)]["detail"].format_map(
                    {name: str(value) for name, value in problem.values.items()}
                )
                return _answer(request, entry["status"], text, problem.headers)
            except HTTPException as error:
                return _answer(request, error.status_code, str(error.detail))

        return in_the_standards_words


def language_asked(request: Request) -> str:
    """The language of an answer: `locale` in the address (`en`, `fa_IR`), otherwise `Accept-Language`.

    The standard leaves it open; its servers that speak several languages take `locale`.
    """
    named = request.query_params.get("locale", "")[:35].replace("_", "-").partition("-")[0].lower()
    return named if named in LANGUAGES else language_of(request)


def document(request: Request, content: Document, status: int = 200) -> Response:
    """A document in the format that the address ends in. Raises BadRequest for another format."""
    told = {"Content-Language": language_asked(request), "Vary": "Accept-Language"}
    if request.url.path.endswith(".json"):
        return Response(to_json(content), status, told, media_type=JSON)
    if request.url.path.endswith(".xml"):
        return Response(to_xml(content), status, told, media_type=XML)
    raise BadRequest("format_unknown")


def _answer(
    request: Request, status: int, description: str, headers: dict[str, str] | None = None
) -> Response:
    status = status if status in STATUSES else 400
    content = errors(status, description)
    headers = {"Content-Language": language_asked(request), "Vary": "Accept-Language"} | (headers or {})
    if request.url.path.endswith(".json"):
        return Response(to_json(content), status, headers, media_type=JSON)
    return Response(to_xml(content), status, headers, media_type=XML)


def _words(error: BadRequest, language: str) -> str:
    return word("error", error.code, language).replace("{field}", error.field)
