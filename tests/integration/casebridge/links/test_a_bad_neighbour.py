"""A neighbouring centre gone bad learns and changes nothing of cases it has no part in."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from casebridge.links import signing
from casebridge.links.samad.centre import LONGEST_RECEIPT, CentreSamad, parcel_of
from casebridge.links.samad.interface import NeighbourAway
from casebridge.links.service import pass_case
from line111.secrets import read_secret
from tests.integration.casebridge.links.agreements import link_centres
from tests.integration.casebridge.links.outside_server import SECRET


@pytest.fixture
async def centre(on_sqlite: Any, run_bridge: Any) -> Any:
    """A centre, "a", whose neighbour "b" is whatever a test sends."""
    ours, theirs = on_sqlite(), on_sqlite("n2")
    link_centres(ours, theirs, ("a", "b"))
    async with run_bridge(ours) as api:
        api.theirs = read_secret(theirs, "sealing_public")
        yield api


async def send(api: Any, step: Any, public: str | None = None, **changes: Any) -> httpx.Response:
    """A parcel signed by "b", sealed for "a" or with another key."""
    parcel = parcel_of(step, public or read_secret(api.settings, "sealing_public"))
    body = parcel.model_copy(update=changes).model_dump_json().encode()
    headers = {
        "Content-Type": "application/json",
        signing.HEADER: signing.sign(SECRET, body, int(time.time())),
    }
    async with api.http() as http:
        return await http.post("/links/centres/b/parcels", content=body, headers=headers)


async def test_it_learns_no_code_of_a_case_it_has_no_part_in(
    centre: Any, a_case: Any, make_step: Any, case_now: Any
) -> None:
    shared, ours = await a_case(centre), await a_case(centre)
    async with centre.bridge.database.writing() as session:
        await pass_case(session, shared.id, "b", "person:supervisor1")
    good, other = await make_step(centre, shared), await make_step(centre, ours)
    first = (await send(centre, good)).json()
    assert first == {"outcome": "known", "reference": shared.tracking_code}
    assert (await send(centre, other)).json() == {"outcome": "refused", "reference": None}
    again = await send(centre, other, id=good.id)
    assert again.json() == {"outcome": "known", "reference": shared.tracking_code}
    assert (await case_now(centre, ours.id)).status == "registered"


async def test_our_own_parcel_thrown_back_at_us_is_no_word_of_the_neighbour(
    centre: Any, a_case: Any, make_step: Any
) -> None:
    case = await a_case(centre)
    async with centre.bridge.database.writing() as session:
        await pass_case(session, case.id, "b", "person:supervisor1")
    thrown = await send(centre, await make_step(centre, case, "passed"), centre.theirs)
    assert thrown.status_code == 422
    assert "sealed" in thrown.text


async def test_a_reply_without_an_end_is_not_read_to_the_end(
    centre: Any, a_case: Any, make_step: Any
) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(10_000):
            given += 1024
            yield b"x" * 1024

    def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    public = read_secret(centre.settings, "sealing_public")
    neighbour = CentreSamad("a", "http://b", public, SECRET, transport=httpx.MockTransport(reply))
    with pytest.raises(NeighbourAway):
        await neighbour.tell(await make_step(centre, await a_case(centre)))
    assert given <= 2 * LONGEST_RECEIPT
    await neighbour.close()
