"""A real outside SAMAD over HTTP that can fail in every way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

SECRET: Final = "a secret both know"


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
