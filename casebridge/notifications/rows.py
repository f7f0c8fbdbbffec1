"""Rows of messages from what happened, for one case or for many at once. No queries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from casebridge.notifications.schemas import Audience, State
from casebridge.notifications.texts.segments import measure
from casebridge.notifications.texts.templates import (
    Template,
    readable_day,
    readable_digits,
    readable_reason,
    template,
    write,
)
from casebridge.tables import new_id

NUMBER = "111"


def message_row(
    name: str,
    *,
    at: datetime,
    key: str,
    language: str,
    values: Mapping[str, Any],
    audience: Audience = Audience.APPLICANT,
    case_id: UUID | None = None,
    unit_code: str | None = None,
    tracking_code: str | None = None,
    own: Template | None = None,
) -> dict[str, Any]:
    """A message as a row of `notifications`, waiting to be sent.

    Args:
        name: Template: the action that happened.
        key: What makes it once only, such as `case:action:step`.
        values: `unit` (a name to be read), `due_at` (a moment or its text), `text`, `why` (a reason's code).
        own: The centre's own wording; None: that of `templates.toml`.

    Raises UnknownTemplate.
    """
    pattern = own or template(audience.value, name, language)
    written = write(pattern, spoken(values, language, tracking_code))
    length = measure(written.sms)
    return {
        "id": new_id(),
        "key": key[:200],
        "case_id": case_id,
        "unit_code": unit_code,
        "audience": audience.value,
        "template": name,
        "language": pattern.language,
        "facts": {name: _plain(value) for name, value in values.items()},
        "text": written.sms,
        "subject": written.subject,
        "email_text": written.email,
        "encoding": length.encoding,
        "segments": length.segments,
        "legally_due": pattern.legally_due,
        "at_any_hour": pattern.at_any_hour,
        "medium": None,
        "contact_hash": None,
        "contact_masked": None,
        "target": None,
        "key_number": None,
        "state": State.WAITING.value,
        "provider": None,
        "refused_by": [],
        "failed_by": [],
        "asked": None,
        "rounds": 0,
        "attempts": 0,
        "last_error": None,
        "next_at": at,
        "taken_until": None,
        "taken_by": None,
        "created_at": at,
        "sent_at": None,
        "delivered_at": None,
    }


def spoken(values: Mapping[str, Any], language: str, tracking_code: str | None) -> dict[str, str]:
    """The places of a template as words: digits and days as the language writes them."""
    words = {"number": readable_digits(NUMBER, language)}
    if tracking_code:
        words["code"] = readable_digits(tracking_code, language)
    due = values.get("due_at")
    if isinstance(due, str):
        due = datetime.fromisoformat(due)
    if due is not None:
        words["due"] = readable_day(due, language)
    if why := readable_reason(str(values.get("why") or ""), language):
        words["why"] = why
    for name in ("unit", "text"):
        if values.get(name):
            words[name] = str(values[name])
    return words


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | float | bool | str | list | dict | None) else str(value)
