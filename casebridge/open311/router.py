"""GeoReport v2 over HTTP; and applications' keys, for operators."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response, Security
from fastapi.security import APIKeyQuery
from pydantic import ValidationError

from casebridge.bridge import Bridge, get_bridge
from casebridge.country.service import country as read_country
from casebridge.open311 import documents, service, showing
from casebridge.open311.errors import StandardRoute, document, language_asked
from casebridge.open311.models import ApiKey
from casebridge.open311.rules import MOST, BadRequest, listed, read_form, read_range, wanted_states
from casebridge.open311.schemas import KeyForm, NewKey, RequestForm
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.wire import Instant, PlainText
from line111.clock import now

CREATES = 600
CREATE_SECONDS = 60
"""So many requests an application may create in this time."""
CHANGESET = "2026-11-24"
BOTH: dict[str, Any] = {"text/xml": {}, "application/json": {}}
FORM = "application/x-www-form-urlencoded"

router = APIRouter(tags=["open311"])
standard = APIRouter(prefix="/open311", tags=["open311"], route_class=StandardRoute)
Parts = Annotated[Bridge, Depends(get_bridge)]
Keeper = Annotated[Principal, Depends(require("links:write"))]
Format = Annotated[str, Path(pattern="^(json|xml)$", examples=["json"])]
_api_key = APIKeyQuery(name="api_key", auto_error=False, scheme_name="open311")


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of a route of the standard: its document, its errors, in both formats."""
    return {
        status: {"description": "errors" if status >= 400 else "The document", "content": BOTH}
        for status in (200, 400, 404, 429, 503, *statuses)
    }


async def jurisdiction(
    bridge: Parts, jurisdiction_id: Annotated[str | None, Query(max_length=100)] = None
) -> None:
    """There is one jurisdiction; who names another is told so. Raises BadRequest 404."""
    check_jurisdiction(bridge, jurisdiction_id)


def check_jurisdiction(bridge: Bridge, named: str | None) -> None:
    """Raises BadRequest 404 for a jurisdiction that is not ours; none counts as ours."""
    if named and named != bridge.settings.links.open311_jurisdiction:
        raise BadRequest("jurisdiction_not_found", 404)


async def reader(bridge: Parts, key: Annotated[str | None, Security(_api_key)] = None) -> ApiKey | None:
    """The application that reads; nobody where reading is public. Raises BadRequest 403."""
    async with bridge.database.reading() as session:
        found = await service.key_of(session, key)
    if found is None and (key or not bridge.settings.links.open311_public):
        raise BadRequest("key_invalid", 403)
    return found


jurisdiction.__dict__["line111_access"] = "a jurisdiction: services are public by the standard"
reader.__dict__["line111_access"] = "an application's key"
PUBLIC = [Depends(jurisdiction)]
Reader = Annotated[ApiKey | None, Depends(reader)]


@standard.get("/discovery.{format}", dependencies=PUBLIC, responses=answers())
async def discovery(format: Format, request: Request, bridge: Parts) -> Response:
    """Service Discovery: where the endpoints are, in which formats."""
    url = bridge.settings.bridge.url.rstrip("/") + "/api/v1/open311/v2"
    return document(request, documents.discovery(url, CHANGESET, language_asked(request)))


@standard.get("/v2/services.{format}", dependencies=PUBLIC, responses=answers())
async def list_services(format: Format, request: Request, bridge: Parts) -> Response:
    """GET Service List: the subjects cases may be about."""
    async with bridge.database.reading() as session:
        country = await read_country(session)
    batch = bridge.settings.links.open311_batch
    return document(request, documents.services(country, batch=batch, language=language_asked(request)))


@standard.get("/v2/services/{service_code}.{format}", dependencies=PUBLIC, responses=answers())
async def get_definition(
    service_code: Annotated[str, Path(max_length=96, examples=["water"])],
    format: Format,
    request: Request,
    bridge: Parts,
) -> Response:
    """GET Service Definition: what must be said with a request; the national ID always (article 5-3)."""
    async with bridge.database.reading() as session:
        country = await read_country(session)
    return document(request, documents.definition(country, service_code, language_asked(request)))


async def form_of(request: Request) -> list[tuple[str, str]]:
    """The form that was sent, pair by pair. Raises BadRequest where it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadRequest("not_a_form")
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def creator(
    bridge: Parts,
    pairs: Annotated[list[tuple[str, str]], Depends(form_of)],
    key: Annotated[str | None, Security(_api_key)] = None,
) -> ApiKey:
    """The application that creates, by its key in the form or the address. Raises BadRequest 403."""
    text = next((value for name, value in pairs if name == "api_key"), key)
    async with bridge.database.reading() as session:
        found = await service.key_of(session, text)
    if found is None:
        raise BadRequest("key_invalid", 403)
    return found


creator.__dict__["line111_access"] = "an application's key"


@standard.post(
    "/v2/requests.{format}",
    status_code=201,
    responses={**answers(403), 201: {"description": "Created", "content": BOTH}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
        }
    },
)
async def create(
    format: Format,
    request: Request,
    bridge: Parts,
    pairs: Annotated[list[tuple[str, str]], Depends(form_of)],
    key: Annotated[ApiKey, Depends(creator)],
) -> Response:
    """POST Service Request: becomes a case of channel `web`; its id is the tracking code."""
    check_jurisdiction(bridge, next((value for name, value in pairs if name == "jurisdiction_id"), None))
    await bridge.throttle.attempt("open311", str(key.id), limit=CREATES, seconds=CREATE_SECONDS)
    try:
        form = RequestForm.model_validate(read_form(pairs) | {"language": language_asked(request)})
    except ValidationError as error:
        raise BadRequest("field", field=str(error.errors()[0]["loc"][0])) from None
    async with bridge.database.writing() as session:
        row, request_id = await service.create(session, bridge, key, form)
    bridge.tell_on()
    made = documents.created(request_id, row.token, form.account_id, language_asked(request))
    return document(request, made, 201)


@standard.get("/v2/tokens/{token}.{format}", dependencies=PUBLIC, responses=answers())
async def get_token(
    token: Annotated[PlainText, Path(max_length=64, examples=["u2dJ0X9mQm0sZ1b6Y4cTnw"])],
    format: Format,
    request: Request,
    bridge: Parts,
) -> Response:
    """GET service_request_id from a token. The token is as good as a key: it can't be guessed."""
    async with bridge.database.reading() as session:
        found = await service.by_token(session, token)
    if found is None or found[0].refused is not None:
        raise BadRequest("token_not_found", 404)
    return document(request, documents.of_token(found[1], token))


@standard.get("/v2/requests.{format}", dependencies=PUBLIC, responses=answers(403))
async def list_requests(
    format: Format,
    request: Request,
    bridge: Parts,
    key: Reader,
    service_request_id: Annotated[str | None, Query(max_length=12_000)] = None,
    service_code: Annotated[str | None, Query(max_length=4000)] = None,
    start_date: Instant | None = None,
    end_date: Instant | None = None,
    status: Annotated[str | None, Query(max_length=40)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Response:
    """GET Service Requests: those the application has made, newest first, at most 1000 at once.

    Where a centre lets everybody read, who asks without a key sees all, in no words of theirs.
    """
    states, between = wanted_states(status), read_range(start_date, end_date, now())
    async with bridge.database.reading() as session:
        country = await read_country(session)
        shown = await showing.show(
            session,
            bridge.keys,
            key=key,
            request_ids=listed(service_request_id),
            service_codes=listed(service_code),
            states=states,
            between=between,
            page=page,
            page_size=page_size,
        )
    return document(request, documents.requests(shown, country, language_asked(request)))


@standard.get("/v2/requests/{service_request_id}.{format}", dependencies=PUBLIC, responses=answers(403))
async def get_request(
    service_request_id: Annotated[PlainText, Path(max_length=36, examples=["1234567890"])],
    format: Format,
    request: Request,
    bridge: Parts,
    key: Reader,
) -> Response:
    """GET Service Request: one of them."""
    async with bridge.database.reading() as session:
        country = await read_country(session)
        shown = await showing.show(session, bridge.keys, key=key, request_ids=[service_request_id])
    if not shown:
        raise BadRequest("request_not_found", 404)
    return document(request, documents.requests(shown, country, language_asked(request)))


@router.post("/open311-keys", status_code=201, responses=documented())
async def make_key(
    form: Annotated[KeyForm, Body(examples=[{"name": "city portal"}])], bridge: Parts, who: Keeper
) -> NewKey:
    """Makes a key for an application. It is in this answer and nowhere else."""
    async with bridge.database.writing() as session:
        return await service.make_key(session, form.name, who.actor)


@router.delete("/open311-keys/{key_id}", status_code=204, responses=documented(404))
async def end_key(
    key_id: Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000004"])],
    bridge: Parts,
    who: Keeper,
) -> Response:
    """Ends an application's key."""
    async with bridge.database.writing() as session:
        await service.end_key(session, key_id, who.actor)
    return Response(status_code=204)


router.include_router(standard)
