"""Background work of the links: delivering, asking, fetching, batches of Open311, forgetting the old."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from casebridge.bridge import Bridge
from casebridge.links import service
from casebridge.links.recordings.fetcher import Fetcher
from casebridge.links.samad.pulling import Puller
from casebridge.open311 import service as open311
from casebridge.rounds import every

BATCH_SECONDS: Final = 2.0
FORGET_SECONDS: Final = 6 * 3600.0


def link_work(bridge: Bridge) -> list[Callable[[], Awaitable[None]]]:
    """What runs for ever beside the routes."""
    work: list[Callable[[], Awaitable[None]]] = [
        bridge.deliverer.run,
        Fetcher(bridge).run,
        lambda: every(FORGET_SECONDS, "forgetting", lambda: _forget(bridge)),
    ]
    mapping = bridge.neighbours.mapping
    if mapping and mapping.changes and mapping.changes.path:
        samad, settings = bridge.neighbours.samad, bridge.settings.links
        puller = Puller(bridge.database, bridge.keys, samad, settings, bridge.link_metrics, bridge.relay.wake)
        work.append(puller.run)
    if bridge.settings.links.open311_batch:
        work.append(lambda: every(BATCH_SECONDS, "open311_batch", lambda: _open_batches(bridge)))
    return work


async def close_links(bridge: Bridge) -> None:
    """Closes the connections to neighbours."""
    await bridge.neighbours.close()
    await bridge.agencies.close()


async def _open_batches(bridge: Bridge) -> None:
    if await open311.open_waiting(bridge):
        bridge.tell_on()


async def _forget(bridge: Bridge) -> None:
    async with bridge.database.writing() as session:
        await service.forget_old(session)
