"""Decisions about service requests. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from casebridge.cases.schemas import Status
from persian.digits import to_latin

SPAN: Final = timedelta(days=90)
"""The longest range of dates a list may span."""
MOST: Final = 1000
"""Requests in one answer at most, by the standard."""
CLOSED: Final = frozenset({Status.ACCEPTED, Status.CLOSED})
"""States in which a request has been resolved; an answer that may still be objected to is not it."""
OPEN: Final = frozenset(Status) - CLOSED
FIELDS: Final = frozenset(
    {
        "service_code", "lat", "long", "address_string", "address_id", "phone", "email", "account_id",
        "description", "media_url",
    }
)  # fmt: skip
ATTRIBUTES: Final = frozenset({"national_id", "identifier_kind", "kind", "province", "county"})
NUMBERS: Final = frozenset({"lat", "long", "national_id", "phone", "province", "county"})
"""Fields people may have written with Persian digits."""
_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_]{1,64})\](?:\[\])?")


class BadRequest(Exception):
    """The request can't be taken as it is; `code` names why in `words.toml`.

    Args:
        status: HTTP status the standard gives this error.
        field: Which field, where it is one.
    """

    def __init__(self, code: str, status: int = 400, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.field = field


@dataclass(frozen=True, slots=True)
class Range:
    """Which requests a list shows: from, inclusive, until, inclusive."""

    start: datetime
    end: datetime


def read_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Fields and attributes by their names; empty ones count as not sent (the standard's word).

    Raises BadRequest for what is required and missing.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        match = _ATTRIBUTE.fullmatch(name)
        key = match.group(1) if match else name
        wanted = ATTRIBUTES if match else FIELDS
        if key in wanted and value.strip():
            found.setdefault(key, to_latin(value.strip()) if key in NUMBERS else value.strip())
    if "service_code" not in found:
        raise BadRequest("service_code_missing")
    if not ("address_string" in found or "address_id" in found or {"lat", "long"} <= found.keys()):
        raise BadRequest("location_missing")
    if "national_id" not in found:
        raise BadRequest("identifier_missing")
    return found


def read_range(start: datetime | None, end: datetime | None, now: datetime) -> Range:
    """The range of dates asked for; the last 90 days where nothing is said.

    Raises BadRequest where it spans more than 90 days.
    """
    if start is None and end is None:
        return Range(now - SPAN, now)
    if start is None:
        return Range((end or now) - SPAN, end or now)
    last = end or min(start + SPAN, now)
    if last - start > SPAN:
        raise BadRequest("range_too_long")
    return Range(start, last)


def wanted_states(text: str | None) -> frozenset[Status]:
    """The states of cases behind `open`, `closed` or both. Raises BadRequest for another word."""
    words = listed(text)
    if unknown := set(words) - {"open", "closed"}:
        raise BadRequest("field", field="status" if unknown else "")
    if not words or set(words) == {"open", "closed"}:
        return frozenset(Status)
    return OPEN if "open" in words else CLOSED


def listed(text: str | None) -> Sequence[str]:
    """A comma-delimited argument as its parts; what can't be printed is no name of anything."""
    return [part for one in (text or "").split(",") if (part := one.strip()) and part.isprintable()][:MOST]


def status_word(status: Status) -> str:
    """`open` or `closed`."""
    return "closed" if status in CLOSED else "open"


def w3(moment: datetime) -> str:
    """A moment in the standard's form: seconds, with zone."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
