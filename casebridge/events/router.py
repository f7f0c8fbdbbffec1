"""GET /events: typed server-sent events with ids (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from casebridge.bridge import Bridge, get_bridge
from casebridge.events.stream import MAX_LISTENERS
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented

HEARTBEAT_SECONDS = 15
LONGEST_SECONDS = 3600
"""A stream ends after an hour, so that a session that has ended does not listen for ever."""

router = APIRouter(tags=["events"])
StreamId = Annotated[str | None, Query(pattern=r"^\d{1,16}-\d{1,16}$", examples=["1795500000000-0"])]


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses={
        **documented(),
        200: {
            "description": "A stream of events",
            "content": {
                "text/event-stream": {
                    "example": 'id: 1795500000000-0\nevent: case.registered\ndata: {"case_id": "…"}\n\n'
                }
            },
        },
    },
)
async def listen(
    bridge: Annotated[Bridge, Depends(get_bridge)],
    who: Annotated[Principal, Depends(require("events:read"))],
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,16}-\d{1,16}$")] = None,
    after: StreamId = None,
) -> EventSourceResponse:
    """Events from now on, or after the one named by `Last-Event-ID` (or `after`).

    Who opens a ninth stream is let go from the oldest; that one may come back and go on where it was.
    """
    if bridge.stream.listeners >= MAX_LISTENERS:
        raise Problem("unavailable", headers={"Retry-After": "5"})
    return EventSourceResponse(
        _events(bridge, who.actor, last_event_id or after),
        ping=HEARTBEAT_SECONDS,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(bridge: Bridge, who: str, after: str | None) -> AsyncIterator[ServerSentEvent]:
    until = time.monotonic() + LONGEST_SECONDS
    yield ServerSentEvent(retry=2000, comment="line111")
    bridge.metrics.listeners.inc()
    try:
        async for event in bridge.stream.listen(who, after):
            yield ServerSentEvent(event.data, id=event.id, event=event.type)
            if time.monotonic() > until:
                return
    finally:
        bridge.metrics.listeners.dec()
