"""The bridge as an application: parts, background tasks, routes.

`create_app(settings)` gives the API alone; `console.app` adds the screens to the same application.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from fastapi import Depends, FastAPI

from casebridge import guards, health, problems
from casebridge.audit.router import router as audit
from casebridge.bridge import Bridge, build_bridge
from casebridge.callbacks.index_keeping import keep_index_whole
from casebridge.callbacks.router import router as callbacks
from casebridge.callbacks.service import release_ended_leases
from casebridge.calls.router import router as calls
from casebridge.cartables.access import within_sight
from casebridge.cartables.notice_router import router as notices
from casebridge.cartables.router import router as cartables
from casebridge.cartables.voice import drop_unnamed_voices
from casebridge.cases.router import router as cases
from casebridge.country.router import router as country
from casebridge.country.seeding import seed_if_empty
from casebridge.deadlines import terms as deadline_terms
from casebridge.deadlines.router import router as deadlines
from casebridge.events.router import router as events
from casebridge.intakes.router import router as intakes
from casebridge.links.recordings.router import router as link_recordings
from casebridge.links.router import router as links
from casebridge.links.running import close_links, link_work
from casebridge.notifications.providers.build import listeners
from casebridge.notifications.router import router as notifications
from casebridge.open311.router import router as open311
from casebridge.people.router import router as people
from casebridge.people.rules import SERVICE_SCOPES
from casebridge.people.service import seed_service_tokens
from casebridge.proposals.router import router as proposals
from casebridge.recordings.router import router as recordings
from casebridge.referrals.centre_router import router as centre
from casebridge.referrals.overdue import sweep as sweep_overdue
from casebridge.referrals.router import router as referrals
from casebridge.registrations.router import router as registrations
from casebridge.repeats.router import router as repeats
from casebridge.rounds import every
from casebridge.tracking_codes.router import router as tracking_codes
from casebridge.transcripts.router import router as transcripts
from casebridge.webhooks.router import router as webhooks
from line111.secrets import read_secret
from line111.settings import Settings
from line111.watchdog import signs_of_life

PREFIX = "/api/v1"
SWEEP_SECONDS = 5.0
DEADLINE_SECONDS = 30.0
TIDY_SECONDS = 3600.0
log = structlog.get_logger("casebridge")

ROUTERS = (
    intakes, cases, cartables, notices, referrals, repeats, tracking_codes, recordings, transcripts,
    callbacks, calls, people, audit, events, notifications, country, deadlines, links, link_recordings,
    webhooks, open311, proposals, registrations, centre,
)  # fmt: skip
"""They are tried in this order: what is asked for most stands first."""


def create_app(settings: Settings) -> FastAPI:
    """The bridge's application. The database must have been migrated (`python -m casebridge migrate`).

    Raises FileNotFoundError naming `line111 setup` where a secret is missing.
    """
    app = routes()
    equip(app, settings)
    return app


def routes() -> FastAPI:
    """The application without its parts: all routes and what guards them."""
    app = FastAPI(
        title="line111 casebridge",
        version="1",
        summary="Cases of the three-digit citizen line",
        description="Errors are problem details (RFC 9457) in Persian or English, by Accept-Language.",
        lifespan=_lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, dependencies=[Depends(within_sight)])
    app.include_router(health.router)
    app.add_middleware(guards.BodyLimit)
    app.add_middleware(guards.SecurityHeaders)
    return app


def equip(app: FastAPI, settings: Settings) -> None:
    """Gives the routes what they work with. Raises as `create_app`."""
    deadline_terms.use(settings.bridge.deadlines)
    app.state.bridge = build_bridge(settings)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    bridge: Bridge = app.state.bridge
    await _seed(bridge)
    work: list[Callable[[], Awaitable[None]]] = [
        bridge.acceptance.run,
        bridge.relay.run,
        bridge.stream.run,
        lambda: every(SWEEP_SECONDS, "sweep", lambda: _sweep(bridge)),
        lambda: every(DEADLINE_SECONDS, "deadlines", lambda: _mind_deadlines(bridge)),
        lambda: every(TIDY_SECONDS, "tidying", lambda: _tidy(bridge)),
        bridge.sender.run,
        *listeners(bridge.desks),
        *link_work(bridge),
    ]
    tasks = [asyncio.create_task(_kept_alive(run)) for run in work] + [asyncio.create_task(signs_of_life())]
    try:
        yield
    finally:
        await _end(tasks)  # before what they wait on is closed under them
        await bridge.stream.close()
        await close_links(bridge)
        for desk in bridge.desks:
            await desk.provider.close()
        await bridge.redis.aclose()
        await bridge.database.close()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancels until all have ended: a cancellation that meets a client library in the middle of
    connecting can get lost in it (seen with redis 8.1)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)


async def _seed(bridge: Bridge) -> None:
    tokens = {name: read_secret(bridge.settings, f"token_{name}") for name in SERVICE_SCOPES}
    async with bridge.database.writing() as session:
        await seed_service_tokens(session, tokens)
        await seed_if_empty(session)


async def _kept_alive(run: Callable[[], Awaitable[None]]) -> None:
    """A background task that fails is logged and begun again: nothing here may die in silence."""
    while True:
        try:
            await run()
        except Exception:  # whatever it is, the bridge must go on
            log.exception("background_task_failed")
            await asyncio.sleep(1)


async def _sweep(bridge: Bridge) -> None:
    """Gives back what vanished agents held, and looks whether Redis still has the line's index."""
    if await release_ended_leases(bridge.database):
        bridge.relay.wake()
    await keep_index_whole(bridge.database, bridge.line)


async def _mind_deadlines(bridge: Bridge) -> None:
    """Reminds, escalates, closes: what deadlines do by themselves."""
    if await sweep_overdue(bridge.database):
        bridge.tell_on()


async def _tidy(bridge: Bridge) -> None:
    """Takes away what was left of uploads broken off, and voices no answer came to name."""
    await asyncio.to_thread(bridge.store.sweep)
    await drop_unnamed_voices(bridge)
