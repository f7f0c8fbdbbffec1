"""What happens elsewhere, told to open pages as server-sent events.

A page is told only *that* something of a noun changed (case, transcript, callback, recording) and of
which case; it then asks for the part it shows, so rights are checked where they always are.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from casebridge.bridge import Bridge
from casebridge.cartables.access import check_case, sight_of
from casebridge.events.stream import MAX_LISTENERS, StreamEvent
from console.errors import ScreenError
from console.visitor import BridgeParts, EventListener

router = APIRouter()
HEARTBEAT_SECONDS: Final = 15
LONGEST_SECONDS: Final = 1800
"""A browser comes back after it, with its cookie: a session that has ended stops listening."""
NOUNS: Final = frozenset({"case", "transcript", "callback", "recording"})
StreamId = r"^\d{1,16}-\d{1,16}$"


class TooManyOpenPages(ScreenError):
    """The process serves as many event streams as it may; the browser asks again later."""

    status = 503


@router.get("/live", response_class=EventSourceResponse)
async def live(
    request: Request,
    bridge: BridgeParts,
    person: EventListener,
    case: Annotated[UUID | None, Query()] = None,
    last_event_id: Annotated[str | None, Header(pattern=StreamId)] = None,
) -> Response:
    """Changes from now on (after `Last-Event-ID` where the browser comes back), of one case or all."""
    if bridge.stream.listeners >= MAX_LISTENERS:
        raise TooManyOpenPages
    async with bridge.database.reading() as session:
        if case is not None:
            await check_case(session, person, case)
        names = case is not None or (await sight_of(session, person)).everything
    return EventSourceResponse(
        _changes(bridge, person.actor, str(case) if case else None, last_event_id, names=names),
        ping=HEARTBEAT_SECONDS,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _changes(
    bridge: Bridge, who: str, case: str | None, after: str | None, *, names: bool
) -> AsyncIterator[ServerSentEvent]:
    """Who does not see every case is told that something changed, not in which."""
    until = time.monotonic() + LONGEST_SECONDS
    yield ServerSentEvent(retry=2000, comment="line111")
    async for event in bridge.stream.listen(who, after):
        change = _change(event, case)
        if change is not None:
            if not names:
                change["case_id"] = ""
            yield ServerSentEvent(json.dumps(change), id=event.id, event="change")
        if time.monotonic() > until:
            return


def _change(event: StreamEvent, case: str | None) -> dict[str, str] | None:
    """What a page is told of an event; None where it does not concern it."""
    noun = event.type.partition(".")[0]
    if noun not in NOUNS:
        return None
    told = json.loads(event.data)
    case_id = str(told.get("case_id", ""))
    if case is not None and case_id != case:
        return None
    return {"type": noun, "case_id": case_id}
