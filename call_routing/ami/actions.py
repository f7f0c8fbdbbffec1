"""An action on its way: what is sent, and the answer when it is complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panoramisk import actions
from panoramisk.message import Message

from call_routing.ami.errors import UnsafeValue

_BREAKS = ("\r", "\n", "\0")
Value = str | int | list[str]


def require_safe(fields: Mapping[str, Any]) -> None:
    """Refuse what could end a line. Raises UnsafeValue naming the field, never its value."""
    for key, value in fields.items():
        values = value if isinstance(value, list | tuple) else (value,)
        if ":" in key or any(mark in text for text in (key, *map(str, values)) for mark in _BREAKS):
            raise UnsafeValue(key)


class TrackedAction(actions.Action):  # type: ignore[misc]  # panoramisk is untyped
    """An action whose answer is known to be one response, or a list up to its `…Complete` event.

    panoramisk guesses which from the response's words, and waits for ever where a list is refused.

    Raises:
        UnsafeValue: a field would become a command of its own.
    """

    def __init__(self, fields: Mapping[str, Value], *, wants_list: bool = False) -> None:
        require_safe(fields)
        super().__init__(dict(fields), as_list=wants_list)
        self.wants_list = wants_list

    def add_message(self, message: Message) -> bool:
        """Take one message of the answer; whether the answer is complete with it."""
        self.responses.append(message)
        refused = "response" in message and not message.success
        if self.wants_list and not refused and not _ends_list(message):
            return False
        if not self.future.done():
            self.future.set_result(self.responses)
        return True


def _ends_list(message: Message) -> bool:
    return str(message.eventlist).lower() in ("complete", "cancelled")
