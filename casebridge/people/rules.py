"""Who may do what: one table of roles and scopes, and when a sign-in is throttled. No I/O."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Roles of people."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    OFFICIAL = "official"
    OPERATOR = "operator"


NEWCOMER: Final = "newcomer"
"""Stands beside the roles of who has a password that was given to them: first they choose their own."""
SHORTEST_PASSWORD: Final = 8

_READ: Final = {
    "cases:read",
    "recordings:read",
    "transcripts:read",
    "callbacks:read",
    "calls:read",
    "events:read",
    "live:read",
    "country:read",
}
_OFFICIAL: Final = {
    "cases:read", "cases:write", "cases:reveal", "recordings:read", "transcripts:read", "live:read",
    "country:read", "cartable:use", "supervision:read",
}  # fmt: skip

_COUNTRY: Final = {"country:read", "country:write"}
_LINKS: Final = {"links:read", "links:write"}
_NOTIFY: Final = {"notifications:read", "notifications:write"}

ROLE_SCOPES: Final[dict[str, frozenset[str]]] = {
    Role.AGENT: frozenset(
        _READ
        | {"cases:write", "cases:reveal", "cases:link", "cases:decide", "callbacks:claim", "callbacks:write"}
    ),
    Role.OFFICIAL: frozenset(_OFFICIAL),
    Role.SUPERVISOR: frozenset(
        _READ
        | {
            "cases:write",
            "cases:reveal",
            "cases:link",
            "cases:decide",
            "callbacks:write",
            "audit:read",
            "cases:pass",
        }
        | {"links:read", "centre:read", "supervision:read"}
        | _COUNTRY
        | _NOTIFY
    ),
    Role.OPERATOR: frozenset(
        {"audit:read", "metrics:read", "callbacks:read", "calls:read", "events:read", "live:read", "operate"}
        | _COUNTRY
        | _NOTIFY
        | _LINKS
    ),
}
"""What each role may do. Operators keep the machines; they do not read what citizens say. Officials do all of
theirs within sight alone: cases that are or were with their units (`casebridge.cartables`)."""

SERVICE_SCOPES: Final[dict[str, frozenset[str]]] = {
    "ivr": frozenset({"intakes:write", "codes:lease", "recordings:write", "followups:read"}),
    "transcription": frozenset({"recordings:read", "transcripts:write", "transcripts:read"}),
    "call_routing": frozenset({"callbacks:claim", "callbacks:read", "calls:write", "events:read"}),
    "sms_gateway": frozenset({"sms:receive"}),
    "operator": frozenset(
        _READ | {"notifications:read"} | {"followups:read", "audit:read", "metrics:read", "operate"}
    )
    | _LINKS,
}
"""What each service's token may do; the token itself is the secret `token_<service>`."""

FREE_FAILURES: Final = 5
LONGEST_LOCK: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(hours=1)


def scopes_of(roles: list[str]) -> frozenset[str]:
    """All that somebody with these roles may do; unknown roles give nothing, and newcomers may do nothing."""
    if NEWCOMER in roles:
        return frozenset()
    return frozenset().union(*(ROLE_SCOPES.get(role, frozenset()) for role in roles))


def lock_after(failures: int) -> timedelta:
    """How long a name is locked after its n-th failed sign-in in a row: nothing, then 15 s doubling."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    return min(timedelta(seconds=15 * 2 ** min(failures - FREE_FAILURES, 10)), LONGEST_LOCK)


def failures_now(failures: int, last_at: datetime, now: datetime) -> int:
    """Failures that still count."""
    return 0 if now - last_at > FORGET_AFTER else failures
