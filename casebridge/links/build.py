"""The parts of the links of a running bridge, put together once at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebridge.links.deliverer import Deliverer
from casebridge.links.fan_out import FanOut
from casebridge.links.metrics import LinkMetrics
from casebridge.links.samad.neighbours import build_neighbours
from casebridge.webhooks.courier import WebhookCourier
from casebridge.webhooks.service import listeners

if TYPE_CHECKING:
    from casebridge.bridge import Bridge


def link_neighbours(bridge: Bridge) -> None:
    """Gives the bridge its neighbours, and the deliverer that tells them.

    Raises:
        MappingError: the mapping file of the outside SAMAD is wrong.
        FileNotFoundError: a secret is missing.
    """
    settings = bridge.settings
    bridge.link_metrics = LinkMetrics(bridge.metrics.registry)
    bridge.agencies = WebhookCourier(bridge.database, bridge.keys, settings.links)
    bridge.neighbours = build_neighbours(settings, bridge.database, bridge.keys, bridge.agencies.send)
    bridge.deliverer = Deliverer(bridge.database, settings.links, bridge.neighbours.send, bridge.link_metrics)
    bridge.relay.on_taken = FanOut(
        outside_samad=settings.links.samad is not None, listeners=listeners, wake=bridge.deliverer.wake
    )
