"""What Prometheus reads of the links."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class LinkMetrics:
    """Counters of one bridge's links, in its registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            "line111_link_attempts_total",
            "Attempts to tell neighbours",
            ["target", "result"],
            registry=registry,
        )
        self.received = Counter(
            "line111_link_received_total",
            "Changes and parcels that came from neighbours",
            ["source", "outcome"],
            registry=registry,
        )
        self.waiting = Gauge("line111_link_waiting", "Deliveries not known there yet", registry=registry)
        self.dead = Gauge("line111_link_dead", "Dead letters somebody must look at", registry=registry)
        self.aside = Gauge(
            "line111_link_changes_aside",
            "Changes of the outside SAMAD that could not be applied and somebody must look at",
            registry=registry,
        )
        self.circuits_open = Gauge(
            "line111_link_circuits_open", "Neighbours left alone for a while", registry=registry
        )
