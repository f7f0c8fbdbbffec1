"""What a call finds on its node: folders, times, the intake desk, the way to the bridge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ivr.drafts import Drafts
from ivr.intake import IntakeDesk
from ivr.spool import Spool


class Reply(Protocol):
    """The last answer given to an applicant."""

    @property
    def text(self) -> str:
        """What was answered."""

    @property
    def language(self) -> str:
        """Language of the text."""

    @property
    def at(self) -> datetime:
        """When."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a caller hears of a case."""

    kind: str
    opened_at: datetime
    status: str
    reply: Reply | None
    callback_waiting: bool


class BridgeAway(Exception):
    """The bridge can't be asked now; the caller is told so."""


FollowUp = Callable[[str, str, str], Awaitable[Followed | None]]
"""(tracking code, identifier kind, identifier) → the case, None where they do not belong together.
Raises BridgeAway."""
ReadOut = Callable[[str, str, Path], Awaitable[Path | None]]
"""(language, text, folder) → sound of the text without extension, None where it can't be spoken."""


@dataclass(frozen=True)
class Line:
    """A node, as far as a call needs it."""

    node: str
    sounds_dir: Path
    calls_dir: Path
    sealing_public: str
    spool: Spool
    drafts: Drafts
    desk: IntakeDesk
    follow_up: FollowUp
    read_out: ReadOut
    wake_forwarder: Callable[[], None]
    key_seconds: float = 6.0
    message_seconds: int = 180
    silence_seconds: int = 6
    on_event: Callable[[str], None] = lambda _name: None
    """Told of what a metric counts: "disk_full", "no_code", "rescued" …"""
