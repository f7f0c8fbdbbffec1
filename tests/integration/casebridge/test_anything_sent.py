"""Whatever is sent to whichever route, with either kind of sign-in: never a 500, always the spec."""

from __future__ import annotations

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

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
ENDLESS = "/api/v1/events"
"""A stream that does not end: it has tests of its own."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", ["tokens", "person"])
def test_no_request_can_make_the_bridge_fail(
    bridge: Any, signed_in: Any, citizen: Any, codes: list[str], who: str
) -> None:
    schema = schemathesis.openapi.from_url(f"{bridge.url}/api/v1/openapi.json")
    schema.config.generation.update(with_security_parameters=False)  # the clients bring their own
    person = signed_in("agent", "supervisor", "operator") if who == "person" else None
    services = ("ivr", "transcription", "call_routing", "operator")
    clients = [person] if person else [bridge.http(name) for name in services]
    there = _something_there(bridge, citizen, codes)
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == ENDLESS or (operation.path, operation.method) == ("/api/v1/session", "delete"):
            continue
        for client in (client for client in clients if _may(operation, client)):
            statuses.update(_try(operation, client, there))
    assert {200, 422} <= statuses.keys(), "the door was never passed"
    assert statuses.total() > 200
    assert "request_failed" not in bridge.log


def _something_there(bridge: Any, citizen: Any, codes: list[str]) -> dict[str, str]:
    """A case with sound and a claimed callback: random ids alone would find nothing to break."""
    audio = citizen.sound(1)
    intake = citizen.intake(codes[0], audio=audio, callback={"wished": "asap"})
    recording_id = intake["recording"]["recording_id"]
    with bridge.http("ivr") as node, bridge.http("call_routing") as routing:
        receipt = node.post("/api/v1/intakes", json=intake).json()
        assert node.put(f"/api/v1/recordings/{recording_id}/audio", content=audio).status_code == 204
        routing.post("/api/v1/callbacks/claim", json={"agent": "a1"})
    return {
        "case_id": receipt["case_id"],
        "callback_id": receipt["callback_id"],
        "recording_id": recording_id,
    }


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
            headers=headers, cookies=dict(client.cookies), checks=CHECKS, timeout=20
        )
        statuses[answer.status_code] += 1

    with contextlib.suppress(Unsatisfiable):  # an operation without parameters can't be called wrongly
        attempt()
    return statuses
