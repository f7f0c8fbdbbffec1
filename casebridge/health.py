"""/health, /ready and /metrics."""

from __future__ import annotations

import asyncio
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from casebridge.bridge import Bridge, get_bridge
from casebridge.notifications import listing as messages
from casebridge.notifications.schemas import WATCHED
from casebridge.people.access import everybody, require
from casebridge.people.service import Principal
from casebridge.problems import documented

log = structlog.get_logger("casebridge.health")
router = APIRouter(tags=["operation"])
Parts = Annotated[Bridge, Depends(get_bridge)]


@router.get("/health", dependencies=[Depends(everybody)])
async def health() -> dict[str, bool]:
    """The process lives."""
    return {"ok": True}


@router.get(
    "/ready",
    dependencies=[Depends(everybody)],
    responses={503: {"description": "The database does not answer; calls are still kept in the spool"}},
)
async def ready(bridge: Parts) -> JSONResponse:
    """What the bridge stands on. Without Redis it still accepts intakes, so only the database decides."""
    database, redis = await asyncio.gather(_answers(bridge.database.check()), _answers(_ping(bridge)))
    state = {"ok": database, "database": database, "redis": redis}
    return JSONResponse(state, status_code=200 if database else 503)


@router.get(
    "/metrics", responses={**documented(), 200: {"content": {"text/plain": {}}, "description": "Metrics"}}
)
async def metrics(bridge: Parts, _who: Annotated[Principal, Depends(require("metrics:read"))]) -> Response:
    """Counters in Prometheus' text format."""
    try:
        await bridge.relay.waiting()
        await _count_messages(bridge)
    except (SQLAlchemyError, OSError) as error:
        log.warning("outbox_not_counted", error=type(error).__name__)
    return Response(generate_latest(bridge.metrics.registry), media_type=CONTENT_TYPE_LATEST)


async def _count_messages(bridge: Bridge) -> None:
    async with bridge.database.reading() as session:
        found = await messages.counts(session)
    for state in WATCHED:
        bridge.metrics.messages_in_state.labels(state.value).set(found.get(state.value, 0))


async def _ping(bridge: Bridge) -> None:
    await bridge.redis.ping()


async def _answers(check: object) -> bool:
    try:
        async with asyncio.timeout(3):
            await check  # type: ignore[misc]
    except Exception as error:  # whatever it is, the answer is "no"
        log.warning("not_ready", error=type(error).__name__)
        return False
    return True
