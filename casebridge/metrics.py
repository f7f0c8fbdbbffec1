"""What Prometheus reads of the bridge; one registry for each application."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters of one bridge process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records = Counter(
            "line111_records_total", "Records handed in", ["type", "result"], registry=self.registry
        )
        self.quarantined = Counter(
            "line111_quarantined_total",
            "Cases whose told code is not theirs",
            registry=self.registry,
        )
        self.batch = Histogram(
            "line111_commit_batch_size",
            "Records made durable by one commit",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.accept_seconds = Histogram(
            "line111_accept_seconds",
            "From a record's arrival to its durable acceptance",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=self.registry,
        )
        self.published = Counter(
            "line111_outbox_published_total", "Outbox rows told", ["destination"], registry=self.registry
        )
        self.relay_failures = Counter(
            "line111_outbox_failures_total", "Failed attempts to publish", registry=self.registry
        )
        self.outbox_waiting = Gauge(
            "line111_outbox_waiting", "Outbox rows not told yet", registry=self.registry
        )
        self.claims = Counter(
            "line111_callback_claims_total", "Claims of callbacks", ["result"], registry=self.registry
        )
        self.messages = Counter(
            "line111_messages_total",
            "Tries to send a message",
            ["provider", "result"],
            registry=self.registry,
        )
        self.message_segments = Counter(
            "line111_message_segments_total",
            "Segments of messages sent",
            ["provider"],
            registry=self.registry,
        )
        self.receipts = Counter(
            "line111_message_receipts_total",
            "Delivery receipts",
            ["provider", "state"],
            registry=self.registry,
        )
        self.inbound = Counter(
            "line111_inbound_messages_total",
            "Text messages of citizens",
            ["understood"],
            registry=self.registry,
        )
        self.messages_in_state = Gauge(
            "line111_messages_in_state",
            "Messages by what has become of them",
            ["state"],
            registry=self.registry,
        )
        self.listeners = Gauge("line111_event_listeners", "Open event streams", registry=self.registry)
