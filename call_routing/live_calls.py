"""The calls on the line now, as Asterisk's events tell (pure: no connection, no clock of its own)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from line111.clock import to_text
from persian.phones import mask_phone

TRUNK = "PJSIP/trunk-"
"""Channels of the public telephone network begin so (endpoint `trunk` in pjsip.conf)."""
_LANGUAGE = re.compile(r"[a-z]{2}")
_DURATION = re.compile(r"(\d+):(\d{2}):(\d{2})")

Event = Mapping[str, str]


@dataclass
class LiveCall:
    """A call on the line."""

    call_id: str
    """Asterisk's Linkedid."""
    caller: str
    """The caller's number, masked (promise 5); empty where it is withheld."""
    since: datetime
    language: str | None = None

    def as_json(self, node: str) -> str:
        """What a board shows of it."""
        return json.dumps(
            {
                "call_id": self.call_id,
                "node": node,
                "caller": self.caller,
                "since": to_text(self.since),
                "language": self.language,
            },
            ensure_ascii=False,
        )


class LiveCalls:
    """Follows the calls that came in over the trunk.

    Args:
        now: the clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.calls: dict[str, LiveCall] = {}
        self.peak = 0
        """Most calls at once since the start."""
        self.seen = 0
        """Calls since the start."""
        self._now = now
        self._ended: set[str] | None = None

    def apply(self, event: Event) -> bool:
        """Take one event; whether anything a board shows has changed."""
        match event.get("Event"):
            case "Newchannel":
                return self._add(event, self._now())
            case "Hangup":
                return self._end(event)
            case _:
                return self._note_language(event)

    def begin_reread(self) -> None:
        """A list of channels was asked for: calls that end from now on are not taken from it."""
        self._ended = set()

    def replace(self, channels: Iterable[Event]) -> None:
        """Take the list of channels (CoreShowChannels): what is not in it is over."""
        ended, self._ended = self._ended or set(), None
        listed = [one for one in channels if _is_citizen(one) and one["Uniqueid"] not in ended]
        alive = {one["Linkedid"] for one in listed}
        for call_id in [known for known in self.calls if known not in alive]:
            del self.calls[call_id]
        for one in listed:
            self._add(one, self._now() - _duration(one.get("Duration", "")))
            self._note_language(one)

    def _add(self, event: Event, since: datetime) -> bool:
        if not _is_citizen(event) or event["Linkedid"] in self.calls:
            return False
        number = event.get("CallerIDNum", "")
        caller = "" if number == "<unknown>" else mask_phone(number)
        call = LiveCall(event["Linkedid"], caller, since)
        self.calls[call.call_id] = call
        self.seen += 1
        self.peak = max(self.peak, len(self.calls))
        return True

    def _end(self, event: Event) -> bool:
        if not _is_citizen(event):
            return False
        if self._ended is not None:
            self._ended.add(event["Uniqueid"])
        return self.calls.pop(event["Linkedid"], None) is not None

    def _note_language(self, event: Event) -> bool:
        """Every event of a channel tells its language."""
        call = self.calls.get(event.get("Linkedid", ""))
        language = event.get("Language", "")
        if call is None or not _is_citizen(event) or not _LANGUAGE.fullmatch(language):
            return False
        changed, call.language = call.language != language, language
        return changed


def _is_citizen(event: Event) -> bool:
    """The channel a citizen came in on (not one that was made for the same call later)."""
    call_id = event.get("Linkedid", "")
    return event.get("Channel", "").startswith(TRUNK) and call_id != "" and event.get("Uniqueid") == call_id


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    hours, minutes, seconds = map(int, found.groups()) if found else (0, 0, 0)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
