"""A real outside SAMAD over HTTP that can fail in every way, and the three worlds a case may live in."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import casebridge.links
from casebridge.answers import service as answers
from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.cases.models import Case
from casebridge.links.copies import read_step
from casebridge.links.fan_out import delivery_row
from casebridge.links.models import Delivery, LinkedCase
from casebridge.links.samad import Samad, Step
from casebridge.links.service import pass_case
from casebridge.tables import new_id
from line111.secrets import read_secret, write_secret
from line111.settings import CentreLink, LinksSettings, Settings

SECRET = "a secret both know"
FAST: dict[str, Any] = {"first_wait_seconds": 0.02, "longest_wait_seconds": 0.2, "pull_seconds": 0.1}


@dataclass
class OutsideServer:
    """An outside SAMAD, written from its own side: it shares no code with the product.

    Attributes:
        answers: what to do with the next requests, before all is well again: a status, `cut` (takes it and
            hangs up), `garbage`, `nameless`, `slow`.
    """

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By idempotency key."""
    steps: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int | str] = field(default_factory=list)
    requests: int = 0
    refused_tokens: int = 0
    repeated: int = 0
    url: str = ""

    def app(self) -> Starlette:
        """Its application."""
        return Starlette(
            routes=[
                Route("/api/cases", self._create, methods=["POST"]),
                Route("/api/cases/{reference}/steps/{key}", self._step, methods=["PUT"]),
                Route("/api/changes", self._changes),
            ]
        )

    def reference_of(self, key: str) -> str:
        """The number of the case that came with a key."""
        return str(self.cases[key]["number"])

    def by_number(self, number: str) -> dict[str, Any]:
        """A case by its number."""
        return next(case for case in self.cases.values() if case["number"] == number)

    async def _create(self, request: Request) -> Response:
        document = await request.json()

        def take() -> Response:
            key = request.headers["idempotency-key"]
            self.repeated += key in self.cases
            known = self.cases.get(key)
            if known is None:
                known = self.cases[key] = document | {"number": f"S-{len(self.cases) + 1}"}
            return JSONResponse({"data": {"trackingNumber": known["number"]}}, 201)

        return await self._answer(request, take)

    async def _step(self, request: Request) -> Response:
        document = await request.json()

        def take() -> Response:
            steps = self.steps.setdefault(request.path_params["reference"], [])
            if all(step["key"] != request.path_params["key"] for step in steps):
                steps.append(document | {"key": request.path_params["key"]})
            return Response(status_code=204)

        return await self._answer(request, take)

    async def _changes(self, request: Request) -> Response:
        after = int(request.query_params.get("after") or 0)
        items = self.changes[after : after + 10]
        return JSONResponse({"data": {"items": items, "next": str(after + len(items))}})

    async def _answer(self, request: Request, take: Callable[[], Response]) -> Response:
        self.requests += 1
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            self.refused_tokens += 1
            return Response(status_code=401)
        mood = self.answers.pop(0) if self.answers else None
        if isinstance(mood, int):
            return Response(status_code=mood, headers={"Retry-After": "0"})
        if mood == "slow":
            await asyncio.sleep(1.0)
        answer = take()
        if mood == "cut":
            return Response(status_code=502)  # it has the case, and its proxy does not say so
        if mood == "garbage":
            return PlainTextResponse("<html>all is well</html>")
        if mood == "nameless":
            return JSONResponse({"data": {}}, 201)
        return answer


@contextlib.asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """An application on a real socket; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def serve() -> Callable[[Any], contextlib.AbstractAsyncContextManager[str]]:
    """Serves an application on a real socket."""
    return serving


@pytest.fixture
async def outside() -> AsyncIterator[OutsideServer]:
    """An outside SAMAD on a real socket."""
    server = OutsideServer()
    async with serving(server.app()) as url:
        server.url = url
        yield server


def link_outside(settings: Settings, server: OutsideServer, **more: Any) -> None:
    """Makes settings lead to the outside SAMAD, by the example mapping."""
    text = (Path(casebridge.links.__file__).parent / "example.toml").read_text()
    file = settings.home / "samad.toml"
    file.write_text(text.replace("https://samad.example", server.url))
    write_secret(settings, "link_samad", SECRET)
    settings.links = LinksSettings(samad=file, **(FAST | more))


@pytest.fixture
def linked_outside() -> Callable[..., None]:
    """Makes settings lead to an outside SAMAD."""
    return link_outside


def link_centres(one: Settings, other: Settings, names: tuple[str, str], **more: Any) -> None:
    """Makes two centres know each other."""
    pairs = ((one, other, names[0], names[1]), (other, one, names[1], names[0]))
    for ours, theirs, name, other_name in pairs:
        write_secret(ours, f"link_{other_name}", SECRET)
        ours.links = LinksSettings(
            centre=name,
            centres={
                other_name: CentreLink(
                    url=theirs.bridge.url,
                    sealing_public=read_secret(theirs, "sealing_public"),
                    secret=f"link_{other_name}",
                )
            },
            **(FAST | more),
        )


@pytest.fixture
def linked_centres() -> Callable[..., None]:
    """Makes two centres know each other."""
    return link_centres


async def until(check: Callable[[], Awaitable[Any]], what: str, seconds: float = 10.0) -> Any:
    """Asks until the answer is true; returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := await check():
            return found
        await asyncio.sleep(0.03)
    pytest.fail(f"waited {seconds} s for {what}")


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    """Asks until the answer is true."""
    return until


async def new_case(api: Any, **changes: Any) -> Any:
    """A case as a call opens it; returns it as stored."""
    intake = api.citizen.intake((await api.codes(1))[0], **changes)
    async with api.client() as client:
        receipt = await client.post_record(intake)
    async with api.bridge.database.reading() as session:
        return await session.get(Case, receipt.case_id)


@pytest.fixture
def a_case() -> Callable[..., Awaitable[Any]]:
    """Opens a case by a call."""
    return new_case


async def in_states(api: Any, *states: str) -> list[Delivery]:
    """Deliveries in these states."""
    async with api.bridge.database.reading() as session:
        rows = await session.scalars(select(Delivery).where(Delivery.state.in_(states)).order_by(Delivery.id))
        return list(rows)


@pytest.fixture
def deliveries() -> Callable[..., Awaitable[list[Delivery]]]:
    """Lists deliveries in given states."""
    return in_states


async def read_case(api: Any, case_id: Any) -> Any:
    """A case as it is now."""
    async with api.bridge.database.reading() as session:
        return await session.get(Case, case_id)


@pytest.fixture
def case_now() -> Callable[..., Awaitable[Any]]:
    """Reads a case."""
    return read_case


@dataclass(frozen=True)
class Known:
    """A case as it is known over there."""

    kind: str
    identifier: str
    tracking_code: str


class World(Protocol):
    """One implementation of SAMAD with what is on its other side."""

    api: Any
    target: str

    @property
    def samad(self) -> Samad:
        """The implementation."""

    async def pass_on(self, case: Any) -> None:
        """Makes the case go there."""

    async def known(self, reference: str) -> Known:
        """The case of this name over there."""

    async def count(self) -> int:
        """How many cases are known there."""

    async def answer(self, reference: str, text: str) -> None:
        """Somebody over there answers, and their system says so twice."""


@dataclass
class Embedded:
    """Everything is in one database."""

    api: Any
    target: str = "samad"

    @property
    def samad(self) -> Samad:
        """The embedded SAMAD."""
        return self.api.bridge.neighbours.samad  # type: ignore[no-any-return]

    async def pass_on(self, case: Any) -> None:
        """It is there."""

    async def known(self, reference: str) -> Known:
        """By its tracking code."""
        return await _known_in(self.api, reference)

    async def count(self) -> int:
        """Cases in the database."""
        return await _count_in(self.api)

    async def answer(self, reference: str, text: str) -> None:
        """By the same database; there is no second telling."""
        await _answer_in(self.api, reference, text)


@dataclass
class Outside:
    """An outside SAMAD over HTTP."""

    api: Any
    server: OutsideServer
    target: str = "samad"

    @property
    def samad(self) -> Samad:
        """Spoken to by the mapping."""
        return self.api.bridge.neighbours.samad  # type: ignore[no-any-return]

    async def pass_on(self, case: Any) -> None:
        """Every case goes there by itself."""

    async def known(self, reference: str) -> Known:
        """In their words."""
        case = self.server.by_number(reference)
        kinds = {1: "complaint", 2: "request"}
        return Known(kinds[case["category"]], case["person"]["nationalCode"], case["externalCode"])

    async def count(self) -> int:
        """Their cases."""
        return len(self.server.cases)

    async def answer(self, reference: str, text: str) -> None:
        """A change in their list, twice."""
        change = {
            "changeId": f"C{len(self.server.changes)}", "trackingNumber": reference, "state": "DONE",
            "response": {"text": text},
        }  # fmt: skip
        self.server.changes += [change, change]


@dataclass
class Centre:
    """Another line111 centre: a second bridge with a database of its own."""

    api: Any
    other: Any
    target: str = "centre:b"

    @property
    def samad(self) -> Samad:
        """The other centre."""
        return self.api.bridge.neighbours.centres["b"]  # type: ignore[no-any-return]

    async def pass_on(self, case: Any) -> None:
        """A supervisor passes it."""
        async with self.api.bridge.database.writing() as session:
            await pass_case(session, case.id, "b", "person:supervisor1")
        self.api.bridge.relay.wake()

    async def known(self, reference: str) -> Known:
        """By the tracking code of the other centre."""
        known = await _known_in(self.other, reference)
        async with self.other.bridge.database.reading() as session:
            link = await session.scalar(select(LinkedCase).where(LinkedCase.direction == "in"))
        return Known(known.kind, known.identifier, str(link.reference))

    async def count(self) -> int:
        """Cases in the other database."""
        return await _count_in(self.other)

    async def answer(self, reference: str, text: str) -> None:
        """By the other centre's own service; then the same parcel once more."""
        await _answer_in(self.other, reference, text)
        self.other.bridge.relay.wake()

        async def told() -> Any:
            return [row for row in await in_states(self.other, "delivered") if row.action == "answered"]

        (row,) = await until(told, "the answer to be told")
        async with self.other.bridge.database.reading() as session:
            step = await read_step(session, self.other.bridge.keys, row)
        await self.other.bridge.neighbours.centres["a"].tell(step)


@pytest.fixture(params=["embedded", "outside", "centre"])
async def world(
    request: pytest.FixtureRequest, run_bridge: Any, on_sqlite: Callable[..., Settings]
) -> AsyncIterator[World]:
    """Each implementation of SAMAD in turn, on SQLite; other tests here run links on both databases."""
    bridge_settings = on_sqlite()
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "embedded":
            yield Embedded(await stack.enter_async_context(run_bridge(bridge_settings)))
        elif request.param == "outside":
            server = OutsideServer()
            server.url = await stack.enter_async_context(serving(server.app()))
            link_outside(bridge_settings, server)
            yield Outside(await stack.enter_async_context(run_bridge(bridge_settings)), server)
        else:
            second = on_sqlite("n2")
            link_centres(bridge_settings, second, ("a", "b"))
            api = await stack.enter_async_context(run_bridge(bridge_settings))
            other = await stack.enter_async_context(run_bridge(second))
            for one, link in ((api, other), (other, api)):
                for neighbour in one.bridge.neighbours.centres.values():
                    await neighbour.close()
                    neighbour._http = httpx.AsyncClient(transport=link.transport, base_url="http://bridge")
            yield Centre(api, other)


async def step_of(api: Any, case: Any, action: str = "registered", *, target: str = "samad") -> Step:
    """A step as a deliverer would read it, with an id of its own."""
    row = Delivery(**delivery_row(target, new_id(), case.id, action, {}))
    async with api.bridge.database.reading() as session:
        return await read_step(session, api.bridge.keys, row)


@pytest.fixture
def make_step() -> Callable[..., Awaitable[Step]]:
    """Makes a step of a case."""
    return step_of


async def _known_in(api: Any, reference: str) -> Known:
    async with api.bridge.database.reading() as session:
        case, applicant = (
            await session.execute(
                select(Case, Applicant)
                .join(Applicant, Applicant.id == Case.applicant_id)
                .where(Case.tracking_code == reference)
            )
        ).one()
    identifier = open_identifier(api.bridge.keys, applicant.id, applicant.identifier)
    return Known(case.kind, identifier, case.tracking_code)


async def _count_in(api: Any) -> int:
    async with api.bridge.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(Case)) or 0)


async def _answer_in(api: Any, reference: str, text: str) -> None:
    async with api.bridge.database.writing() as session:
        case_id = await session.scalar(select(Case.id).where(Case.tracking_code == reference))
        await answers.answer(session, case_id, unit=None, actor="person:official1", text=text, language="fa")


@pytest.fixture
async def seeded_api(on_sqlite: Callable[..., Settings], run_bridge: Any) -> AsyncIterator[Any]:
    """A bridge with its country, on SQLite: what is tested on both databases elsewhere."""
    async with run_bridge(on_sqlite()) as api:
        yield api
