"""Agencies' office automation: signed messages out, answers by token in, never what is not theirs."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from casebridge.country.service import country
from casebridge.links import signing
from casebridge.referrals import service as referrals
from line111.settings import LinksSettings


@dataclass
class Office:
    """An agency's system: keeps what it is told, answers with the statuses it is given."""

    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, Any], bytes, str]] = field(default_factory=list)
    url: str = ""

    def app(self) -> Starlette:
        """Its application."""
        return Starlette(routes=[Route("/samad", self._take, methods=["POST"])])

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it was told."""
        return [message for message, _, _ in self.received]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.received.append((json.loads(body), body, request.headers[signing.HEADER]))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 204)


@pytest.fixture
async def office(serve: Any) -> Any:
    """An agency's system on a real socket."""
    made = Office()
    async with serve(made.app()) as url:
        made.url = url + "/samad"
        yield made


@pytest.fixture
async def linked(bridge_settings: Any, run_bridge: Any) -> Any:
    """A bridge that may tell this machine's own addresses."""
    bridge_settings.links = LinksSettings(
        allow_private=["127.0.0.0/8"], first_wait_seconds=0.02, longest_wait_seconds=0.2
    )
    async with run_bridge(bridge_settings) as api:
        yield api


async def register(api: Any, agency: str, url: str) -> dict[str, Any]:
    """An endpoint of an agency; the answer with secret and token."""
    async with api.http("operator") as http:
        answer = await http.post("/webhooks", json={"agency": agency, "name": "office", "url": url})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def give(api: Any, case: Any, unit: str) -> None:
    """Refers a case to an agency's unit, as one of its duties (4-8)."""
    async with api.bridge.database.writing() as session:
        subject = min((await country(session)).duties(unit.split("/")[1]))
        await referrals.classify(session, case.id, {"subject": subject}, "person:agent1")
        await referrals.refer(session, case.id, to_unit=unit, actor="person:agent1")
    api.bridge.relay.wake()


async def agency_of(api: Any) -> str:
    """An agency that has offices in the provinces, and duties."""
    async with api.bridge.database.reading() as session:
        land = await country(session)
    return next(
        code for code in sorted(land.agencies) if land.has_unit(f"agency/{code}/23") and land.duties(code)
    )


async def heard(office: Office, number: int = 1) -> list[dict[str, Any]]:
    """Waits until the agency was told so often."""
    for _ in range(400):
        if len(office.received) >= number:
            return office.messages
        await asyncio.sleep(0.02)
    pytest.fail(f"{len(office.received)} messages instead of {number}")


async def test_an_agency_is_told_of_a_case_in_its_hands_with_a_genuine_signature(
    linked: Any, office: Office, a_case: Any
) -> None:
    agency = await agency_of(linked)
    made = await register(linked, agency, office.url)
    office.statuses = [503]
    case = await a_case(linked, identifier="0012345679")
    await give(linked, case, f"agency/{agency}/23")
    first, again = (await heard(office, 2))[:2]
    assert first == again, "what was answered with 503 comes again, the same"
    assert (first["type"], first["agency"]) == ("case.referred", agency)
    assert first["case"]["id"] == str(case.id)
    assert first["case"]["owner_unit"] == f"agency/{agency}/23"
    assert "0012345679" not in json.dumps(first)
    for _, body, header in office.received:
        assert signing.is_genuine(made["secret"], body, header, int(time.time()))
        assert not signing.is_genuine("another", body, header, int(time.time()))


async def test_an_agency_answers_and_refers_its_own_cases_alone(
    linked: Any, office: Office, a_case: Any, case_now: Any
) -> None:
    agency = await agency_of(linked)
    made = await register(linked, agency, office.url)
    theirs, other, strange = [await a_case(linked) for _ in range(3)]
    for case in (theirs, other):
        await give(linked, case, f"agency/{agency}/23")
    form = {"text": "the pipe was mended"}
    async with linked.http() as http:
        http.headers["Authorization"] = f"Bearer {made['token']}"
        seen = (await http.get(f"/agency/cases/{theirs.id}")).json()
        assert seen["case"]["tracking_code"] == theirs.tracking_code
        key = {"Idempotency-Key": "answer-1"}
        for _ in range(2):
            answer = await http.post(f"/agency/cases/{theirs.id}/answers", json=form, headers=key)
            assert (answer.status_code, answer.json()["status"]) == (200, "answered")
        wrong = await http.post(f"/agency/cases/{other.id}/answers", json=form, headers=key)
        assert wrong.status_code == 409, "a key belongs to one case"
        to = {"to_unit": "province/23/desk", "note": "not ours"}
        for _ in range(2):
            moved = await http.post(
                f"/agency/cases/{other.id}/referrals", json=to, headers={"Idempotency-Key": "r"}
            )
            assert moved.json()["owner_unit"] == "province/23/desk", moved.text
        for case in (other, strange):
            assert (await http.get(f"/agency/cases/{case.id}")).status_code == 404
            assert (await http.post(f"/agency/cases/{case.id}/answers", json=form)).status_code == 404
            assert (await http.post(f"/agency/cases/{case.id}/reveal")).status_code == 404
        assert (await http.get("/cases")).status_code == 401, "the token opens nothing else"
    assert (await case_now(linked, theirs.id)).reply_text == "the pipe was mended"
    assert (await case_now(linked, strange.id)).status == "registered"


async def test_a_complaint_about_an_agencys_unit_is_never_that_agencys(
    linked: Any, office: Office, a_case: Any
) -> None:
    agency = await agency_of(linked)
    made = await register(linked, agency, office.url)
    case = await a_case(linked)
    await give(linked, case, f"agency/{agency}/23/desk")
    await heard(office)
    async with linked.bridge.database.writing() as session:
        await referrals.classify(
            session,
            case.id,
            {"kind": "complaint", "complained_unit": f"agency/{agency}/23"},
            "person:agent1",
            forward=True,
        )
    linked.bridge.relay.wake()
    await linked.told()
    await asyncio.sleep(0.3)
    assert [message["type"] for message in office.messages] == ["case.referred"]
    async with linked.http() as http:
        http.headers["Authorization"] = f"Bearer {made['token']}"
        assert (await http.get(f"/agency/cases/{case.id}")).status_code == 404
        answer = await http.post(f"/agency/cases/{case.id}/answers", json={"text": "all is well"})
        assert answer.status_code == 404


async def test_an_endpoint_can_be_tested_and_ended(
    linked: Any, office: Office, a_case: Any, deliveries: Any, eventually: Any
) -> None:
    agency = await agency_of(linked)
    made = await register(linked, agency, office.url)
    webhook_id = made["webhook"]["id"]
    office.statuses = [204, 500]
    async with linked.http("operator") as http:
        assert (await http.post(f"/webhooks/{webhook_id}/test")).json() == {"delivered": True, "error": None}
        failed = (await http.post(f"/webhooks/{webhook_id}/test")).json()
        assert failed == {"delivered": False, "error": "it answered 500"}
        assert office.messages[0]["type"] == "test"
        assert made["secret"] not in (await http.get("/webhooks")).text
        assert (await http.delete(f"/webhooks/{webhook_id}")).status_code == 204
    async with linked.http() as http:
        http.headers["Authorization"] = f"Bearer {made['token']}"
        assert (await http.get(f"/agency/cases/{UUID(int=1)}")).status_code == 401
    case = await a_case(linked)
    await give(linked, case, f"agency/{agency}/23")
    await linked.told()
    assert not await deliveries(linked, "waiting", "delivered", "dead")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "http://10.0.0.1/", "https://169.254.169.254/x", "file:///etc"]
)
async def test_an_endpoint_inside_is_refused(api: Any, url: str) -> None:
    async with api.http("operator") as http:
        answer = await http.post("/webhooks", json={"agency": "water", "name": "n", "url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "url"


async def test_only_keepers_of_links_register_endpoints(api: Any) -> None:
    form = {"agency": "water", "name": "n", "url": "https://a.example/"}
    async with api.person("agent") as agent:
        assert (await agent.post("/webhooks", json=form)).status_code == 403
        assert (await agent.get("/links/deliveries")).status_code == 403
