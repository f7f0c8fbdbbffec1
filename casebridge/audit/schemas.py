"""What travels of the audit trail."""

from __future__ import annotations

from typing import Any

from casebridge.wire import Id, Instant, TrackingCode, Wire


class AuditEntry(Wire):
    """Who did what to what."""

    at: Instant
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    address: str | None
    detail: dict[str, Any]
    case_id: Id | None
    """The case it tells of, where there is one."""
    tracking_code: TrackingCode | None


class AuditPage(Wire):
    """A page of the trail, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
