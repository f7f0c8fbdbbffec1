"""Whatever is sent to whichever route, with every kind of sign-in: never a 500, always the spec."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.referrals import service as referrals
from casebridge.webhooks import service as webhooks
from casebridge.webhooks.schemas import WebhookForm
from line111.secrets import data_keys
from line111.settings import Settings
from tests.integration.casebridge.test_within_sight import DESK

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
ENDLESS = "/api/v1/events"
"""A stream that does not end: it has tests of its own."""


AGENCY = "water_company"


@pytest.mark.timeout(300)
def test_no_request_can_make_the_bridge_fail(
    bridge: Any, signed_in: Any, citizen: Any, codes: list[str]
) -> None:
    schema = schemathesis.openapi.from_url(f"{bridge.url}/api/v1/openapi.json")
    schema.config.generation.update(with_security_parameters=False)  # the clients bring their own
    there = _something_there(bridge, citizen, codes)
    clients = _everybody(bridge, signed_in)
    statuses: Counter[int] = Counter()
    passed: Counter[str] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == ENDLESS or (operation.path, operation.method) == ("/api/v1/session", "delete"):
            continue
        names = sorted(clients, key=lambda name: passed[name])  # who has passed fewer doors is asked first
        who = next((name for name in names if _may(operation, clients[name])), None)
        if who is not None:
            passed[who] += 1
            statuses.update(_try(operation, clients[who], there))
    assert {200, 422} <= statuses.keys(), "the door was never passed"
    assert statuses.total() > 400
    assert passed.keys() == clients.keys(), "somebody passed no door"
    assert "request_failed" not in bridge.log


def _everybody(bridge: Any, signed_in: Any) -> dict[str, httpx.Client]:
    """Each kind of sign-in: services, people, an agency's system, an application with its key."""
    services = ("ivr", "transcription", "call_routing", "sms_gateway", "operator")
    people = {"centre": ("agent", "supervisor"), "keeper": ("operator",), "clerk": ("official",)}
    clients = {name: bridge.http(name) for name in services} | {
        name: signed_in(*roles, username=name, unit=DESK if name == "clerk" else None)
        for name, roles in people.items()
    }
    made = clients["operator"].post("/api/v1/open311-keys", json={"name": "portal"}).json()
    clients["application"] = bridge.http()
    clients["application"].params = clients["application"].params.set("api_key", made["api_key"])
    clients["agency"] = bridge.http()
    clients["agency"].headers["Authorization"] = f"Bearer {asyncio.run(_endpoint(bridge.settings))}"
    return clients


async def _endpoint(settings: Settings) -> str:
    """The token of an agency's endpoint; over HTTP it would have to have an address out in the world."""
    database = Database(settings.database_url)
    form = WebhookForm(agency=AGENCY, name="office", url="https://automation.example/samad")
    async with database.writing() as session:
        made = await webhooks.register(session, KeyRing(lambda: data_keys(settings)), form, "test")
    await database.close()
    return made.token


def _something_there(bridge: Any, citizen: Any, codes: list[str]) -> dict[str, str]:
    """A case with sound and a claimed callback, and an agency's: random ids would find nothing to break."""
    audio = citizen.sound(1)
    intake = citizen.intake(codes[0], audio=audio, callback={"wished": "asap"})
    recording_id = intake["recording"]["recording_id"]
    with bridge.http("ivr") as node, bridge.http("call_routing") as routing:
        receipt = node.post("/api/v1/intakes", json=intake).json()
        assert node.put(f"/api/v1/recordings/{recording_id}/audio", content=audio).status_code == 204
        routing.post("/api/v1/callbacks/claim", json={"agent": "a1"})
        theirs = node.post("/api/v1/intakes", json=citizen.intake(codes[1])).json()
    asyncio.run(_given(bridge.settings, UUID(theirs["case_id"])))
    return {
        "case_id": receipt["case_id"],
        "agency_case_id": theirs["case_id"],
        "callback_id": receipt["callback_id"],
        "recording_id": recording_id,
    }


async def _given(settings: Settings, case_id: UUID) -> None:
    """Puts a case into the agency's hands."""
    database = Database(settings.database_url)
    async with database.writing() as session:
        await referrals.classify(session, case_id, {"subject": "water_cut"}, "test")
        await referrals.refer(session, case_id, to_unit=f"agency/{AGENCY}/23", actor="test")
    await database.close()


def _aimed(path: dict[str, Any], there: dict[str, str]) -> dict[str, Any]:
    """Ids that could be real ones become real ones; broken ones stay broken."""
    return {name: there[name] if name in there and _is_id(value) else value for name, value in path.items()}


def _is_id(value: Any) -> bool:
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _may(operation: Any, client: httpx.Client) -> bool:
    """Whether this client passes the door; who does not is refused before anything is read."""
    path = operation.full_path.replace("{", "").replace("}", "")
    return client.request(operation.method.upper(), path).status_code not in {401, 403}


def _try(operation: Any, client: httpx.Client, there: dict[str, str]) -> Counter[int]:
    """Requests as the specification allows, and requests that break it in every way it can think of."""
    statuses: Counter[int] = Counter()
    names = ("Authorization", "X-CSRF-Token")
    if operation.path.startswith("/api/v1/agency/"):
        there = there | {"case_id": there["agency_case_id"]}
    headers = {name: client.headers[name] for name in names if name in client.headers}
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=good | bad)
    def attempt(case: Any) -> None:
        if case.path_parameters:
            case.path_parameters = _aimed(case.path_parameters, there)
        answer = case.call_and_validate(
            headers=headers,
            cookies=dict(client.cookies),
            params=dict(client.params),
            checks=CHECKS,
            timeout=20,
        )
        statuses[answer.status_code] += 1

    with contextlib.suppress(Unsatisfiable):  # an operation without parameters can't be called wrongly
        attempt()
    return statuses
