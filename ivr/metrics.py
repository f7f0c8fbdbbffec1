"""What ivr tells Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("line111_ivr_events_total", "Things worth counting, by name", ["event"])
CALLS = Counter("line111_ivr_calls_total", "Calls led to their end, by outcome", ["outcome"])
CALL_SECONDS = Histogram(
    "line111_ivr_call_seconds", "Length of calls", buckets=(5, 15, 30, 60, 120, 180, 300, 600, 1200)
)
SESSIONS = Gauge("line111_ivr_sessions", "Calls in progress")
CONNECTIONS = Gauge(
    "line111_ivr_connections", "FastAGI connections since the start, by what became of them", ["became"]
)
SPOOL = Gauge("line111_ivr_spool_records", "Records in the spool, by folder", ["folder"])
SPOOL_AGE = Gauge("line111_ivr_spool_oldest_seconds", "Age of the oldest undelivered record")
CODES_LEFT = Gauge("line111_ivr_codes_left", "Leased tracking codes not used yet", ["holder"])


def count(event: str) -> None:
    """Count an event by its name."""
    EVENTS.labels(event).inc()
