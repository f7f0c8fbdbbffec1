"""The callback line over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.callbacks import service
from casebridge.callbacks.schemas import (
    AgentQuestion,
    Callback,
    CallbackPage,
    ClaimQuestion,
    Finish,
    NewCallback,
    OfficeTimes,
    State,
)
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented

router = APIRouter(tags=["callbacks"])
CallbackId = Annotated[UUID, Path(examples=["019a0000-0000-7000-8000-000000000005"])]
Parts = Annotated[Bridge, Depends(get_bridge)]
Claimer = Annotated[Principal, Depends(require("callbacks:claim"))]


@router.post("/callbacks", status_code=201, responses=documented(404, 409))
async def enqueue(
    new: Annotated[
        NewCallback, Body(examples=[{"case_id": "019a0000-0000-7000-8000-000000000001", "wished": "asap"}])
    ],
    bridge: Parts,
    who: Annotated[Principal, Depends(require("callbacks:write"))],
) -> Callback:
    """Puts a callback in line for a case that has none open."""
    zone = ZoneInfo(bridge.settings.country_timezone)
    async with bridge.database.writing() as session:
        callback_id = await service.enqueue(session, new, zone, who.actor)
    bridge.relay.wake()
    async with bridge.database.reading() as session:
        return await service.get_callback(session, callback_id)


@router.get("/callbacks", responses=documented())
async def peek(
    bridge: Parts,
    _who: Annotated[Principal, Depends(require("callbacks:read"))],
    state: State = State.WAITING,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CallbackPage:
    """Callbacks by original arrival; `due_at` tells when the wished time of each comes."""
    async with bridge.database.reading() as session:
        return await service.list_callbacks(session, bridge.cursors, state=state, cursor=cursor, limit=limit)


@router.get("/callbacks/office", responses=documented())
async def office_times(
    bridge: Parts,
    _who: Annotated[Principal, Depends(require("intakes:write"))],
) -> OfficeTimes:
    """When callbacks are made in the weeks to come, for the nodes that offer them."""
    async with bridge.database.reading() as session:
        return await service.office_times(session, ZoneInfo(bridge.settings.country_timezone))


@router.post(
    "/callbacks/claim",
    response_model=Callback,
    responses={**documented(), 204: {"description": "Nobody waits whose time has come"}},
)
async def claim(
    question: Annotated[ClaimQuestion, Body(examples=[{"agent": "a1", "queues": ["general"]}])],
    bridge: Parts,
    who: Claimer,
) -> Callback | Response:
    """Takes the next callback; nobody else gets it while the lease runs."""
    taken = await service.claim(
        bridge.database,
        bridge.line,
        bridge.keys,
        _agent(who, question.agent) or question.agent,
        queues=question.queues,
        lease=_lease(bridge),
        actor=who.actor,
        person=who.kind == "person",
    )
    bridge.metrics.claims.labels("taken" if taken else "nobody").inc()
    if taken is None:
        return Response(status_code=204)
    bridge.relay.wake()
    return taken


@router.post("/callbacks/{callback_id}/renew", responses=documented(404, 409))
async def renew(
    callback_id: CallbackId,
    question: Annotated[AgentQuestion, Body(examples=[{"agent": "a1"}])],
    bridge: Parts,
    who: Claimer,
) -> Callback:
    """Prolongs the lease while the agent still works on it."""
    async with bridge.database.writing() as session:
        return await service.renew(session, callback_id, _agent(who, question.agent), _lease(bridge))


@router.post("/callbacks/{callback_id}/release", responses=documented(404, 409))
async def release(
    callback_id: CallbackId,
    question: Annotated[AgentQuestion, Body(examples=[{"agent": "a1"}])],
    bridge: Parts,
    who: Claimer,
) -> Callback:
    """Gives the callback back; it stands where it stood before."""
    async with bridge.database.writing() as session:
        released = await service.release(session, callback_id, _agent(who, question.agent), who.actor)
    bridge.relay.wake()
    return released


@router.post("/callbacks/{callback_id}/finish", responses=documented(404, 409))
async def finish(
    callback_id: CallbackId,
    result: Annotated[Finish, Body(examples=[{"outcome": "reached"}])],
    bridge: Parts,
    who: Claimer,
) -> Callback:
    """Tells how the attempt ended: done, or back in line for a later time."""
    async with bridge.database.writing() as session:
        finished = await service.finish(
            session, callback_id, result.outcome, result.later_at, who.actor, agent=_agent(who, None)
        )
    bridge.relay.wake()
    return finished


def _agent(who: Principal, named: str | None) -> str | None:
    """A person acts in their own name only; a service for the agent it names."""
    return who.name if who.kind == "person" else named


def _lease(bridge: Bridge) -> timedelta:
    return timedelta(seconds=bridge.settings.bridge.callback_lease_seconds)
