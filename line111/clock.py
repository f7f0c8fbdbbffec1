"""Moments in time as they travel between our processes: UTC, with milliseconds, ending in `Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC (aware)."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """`2026-11-24T07:00:00.000Z`. Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone could be any of forty: give it one")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
