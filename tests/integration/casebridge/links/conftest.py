"""Links to others: an outside SAMAD, another centre, and the worlds they make."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from casebridge.links.models import Delivery
from casebridge.links.samad.interface import Step
from line111.settings import Settings
from tests.integration.casebridge.links.agreements import link_centres, link_outside
from tests.integration.casebridge.links.cases_here import in_states, new_case, read_case, step_of
from tests.integration.casebridge.links.outside_server import OutsideServer, serving
from tests.integration.casebridge.links.worlds import Centre, Embedded, Outside, World
from tests.waiting import until


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


@pytest.fixture
def linked_outside() -> Callable[..., None]:
    """Makes settings lead to an outside SAMAD."""
    return link_outside


@pytest.fixture
def linked_centres() -> Callable[..., None]:
    """Makes two centres know each other."""
    return link_centres


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    """Asks until the answer is true."""
    return until


@pytest.fixture
def a_case() -> Callable[..., Awaitable[Any]]:
    """Opens a case by a call."""
    return new_case


@pytest.fixture
def deliveries() -> Callable[..., Awaitable[list[Delivery]]]:
    """Lists deliveries in given states."""
    return in_states


@pytest.fixture
def case_now() -> Callable[..., Awaitable[Any]]:
    """Reads a case."""
    return read_case


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


@pytest.fixture
def make_step() -> Callable[..., Awaitable[Step]]:
    """Makes a step of a case."""
    return step_of


@pytest.fixture
async def seeded_api(on_sqlite: Callable[..., Settings], run_bridge: Any) -> AsyncIterator[Any]:
    """A bridge with its country, on SQLite: what is tested on both databases elsewhere."""
    async with run_bridge(on_sqlite()) as api:
        yield api
