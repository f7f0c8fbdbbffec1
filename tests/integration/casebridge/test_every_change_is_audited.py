"""All actions are audited: every change leaves a line in the trail, and no route of the API is forgotten."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select

from casebridge.app import PREFIX
from casebridge.audit.models import AuditLine
from line111.settings import LinksSettings
from tests.integration.casebridge.every_change import STORIES, people
from tests.integration.casebridge.links.agreements import link_centres

WITHOUT_A_LINE: Final = {
    "POST /callbacks/{callback_id}/renew": "says every few seconds that the agent is still there",
    "POST /follow-ups": "asks, and changes nothing",
    "POST /follow-ups/voice": "asks; that a sound was read is audited, and tested with recordings",
    "POST /proposals": "asks, and changes nothing",
    "POST /notifications/receipts/{provider}": "a gateway tells of its own sending: kept with the message",
    "POST /sms/inbound/{provider}": "POST /sms/inbound in a gateway's own words",
    "POST /links/centres/{centre}/parcels": "opens cases and takes steps of them, each with its own line",
    "POST /links/samad/changes": "takes steps of cases, each with its own line",
}
"""Routes that need not leave a line of their own, and why."""
CHANGING: Final = {"post", "put", "patch", "delete"}


async def lines(api: Any) -> int:
    """How many lines the trail has."""
    async with api.bridge.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(AuditLine)) or 0)


async def test_every_route_that_changes_something_leaves_a_line(on_sqlite: Any, run_bridge: Any) -> None:
    settings = on_sqlite()
    link_centres(settings, on_sqlite("n2"), ("a", "b"))
    settings.links = LinksSettings(**settings.links.model_dump() | {"allow_private": ["127.0.0.0/8"]})
    silent, seen = [], set(WITHOUT_A_LINE)
    async with run_bridge(settings) as api, people(api) as who:
        for story in STORIES:
            told = story(api, who)
            answer: Any = None
            while True:
                try:
                    route, request = await told.asend(answer)
                except StopAsyncIteration:
                    break
                before = await lines(api)
                answer = await request
                assert answer.is_success, (route, answer.status_code, answer.text)
                seen.add(route)
                if await lines(api) == before and route not in WITHOUT_A_LINE:
                    silent.append(route)
        paths = api.app.openapi()["paths"]
    routes = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in paths.items()
        for method in methods
        if method in CHANGING
    }
    assert not silent, "these leave no line"
    assert seen == routes, "each route is made once here, or has a reason above"
