"""Writing to the outbox: what is to be told is stored with what made it true."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.events.models import OutboxRow
from casebridge.tables import new_id
from line111.clock import now

OUTBOX = OutboxRow.__table__


def row(destination: str, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A row of the outbox, for inserts in bulk."""
    return {
        "event_id": new_id(),
        "destination": destination,
        "type": kind,
        "payload": payload,
        "created_at": now(),
        "taken_until": None,
    }


def event(name: str, /, **payload: Any) -> dict[str, Any]:
    """A typed event for the stream; payloads hold ids and words, never what identifies a person."""
    return row("event", name, {field: _plain(value) for field, value in payload.items()})


def transcription_job(recording_id: object) -> dict[str, Any]:
    """A job for the transcription workers."""
    return row("job", "transcribe", {"recording_id": str(recording_id)})


def line_change(callback_id: object, arrived_ms: int, due_ms: int, queue: str) -> dict[str, Any]:
    """A callback (back) in line, for its index in Redis."""
    return row(
        "line",
        "waiting",
        {"id": str(callback_id), "arrived_ms": arrived_ms, "due_ms": due_ms, "queue": queue},
    )


async def add(session: AsyncSession, *rows: dict[str, Any]) -> None:
    """Adds rows to the outbox in this transaction."""
    if rows:
        await session.execute(insert(OUTBOX), list(rows))  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | bool | str | list | dict | None) else str(value)
