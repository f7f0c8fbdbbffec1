"""Types of what travels over HTTP: everything is bounded, so that bad input ends as a clear 4xx."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
MAX_MS = 7 * 24 * 3600 * 1000
"""Longest time span in milliseconds anything on a call may have: a week."""


class Wire(BaseModel):
    """Base of all published schemas: unknown fields are refused by name, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_timedelta="iso8601")


def _in_our_centuries(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise PydanticCustomError("instant_out_of_range", "must lie between the years 2000 and 2200")
    return moment.astimezone(UTC)


def _of_any_clock(moment: datetime) -> datetime:
    if not EPOCH <= moment < LATEST:
        raise PydanticCustomError("instant_out_of_range", "must lie between the years 1970 and 2200")
    return moment.astimezone(UTC)


def _without_control_characters(text: str) -> str:
    """PostgreSQL refuses NUL in text, and other control characters have no place in a page or a log."""
    if any((c < " " and c not in "\n\r\t") or c == "\x7f" for c in text):
        raise PydanticCustomError("control_characters", "must not contain control characters")
    return text


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_centuries)]
"""A moment with its zone, brought to UTC."""
NodeInstant = Annotated[AwareDatetime, AfterValidator(_of_any_clock)]
"""A moment by a node's clock, which may stand at 1970 after a start without network."""
PlainText = Annotated[str, AfterValidator(_without_control_characters)]
"""Free text without control characters; give it a `max_length` where it is used."""
Username = Annotated[PlainText, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
"""The name an account signs in with, as somebody types it."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:@-]{1,64}$")]
"""Name of a node, an agent, a queue, a model: plain ASCII, fit for logs and keys."""
CallId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
"""Asterisk's linkedid."""
TrackingCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=4096)]
Milliseconds = Annotated[int, Field(ge=0, le=MAX_MS)]
Id = UUID
"""UUIDv7: sorts by the time it was made."""
