"""Whatever is sent to whichever route, with either kind of sign-in: never a 500, always the spec."""

from __future__ import annotations

import contextlib
from typing import Any

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
EXAMPLES = 25
ENDLESS = "/api/v1/events"
"""A stream that does not end: it has tests of its own."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", ["tokens", "person"])
def test_no_request_can_make_the_bridge_fail(bridge: Any, signed_in: Any, who: str) -> None:
    schema = schemathesis.openapi.from_url(f"{bridge.url}/api/v1/openapi.json")
    person = signed_in("agent", "supervisor", "operator") if who == "person" else None
    services = ("ivr", "transcription", "call_routing", "operator")
    clients = [person] if person else [bridge.http(name) for name in services]
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == ENDLESS or (operation.path, operation.method) == ("/api/v1/session", "delete"):
            continue
        for client in clients:
            _try(operation, client)
            tried += 1
    assert tried > 20
    assert "request_failed" not in bridge.log


def _try(operation: Any, client: httpx.Client) -> None:
    """Requests as the specification allows, and requests that break it in every way it can think of."""
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
        case.call_and_validate(
            headers=headers, cookies=dict(client.cookies), checks=CHECKS, timeout=20, verify=False
        )

    with contextlib.suppress(Unsatisfiable):  # an operation without parameters can't be called wrongly
        attempt()
