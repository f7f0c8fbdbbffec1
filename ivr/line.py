"""What a call finds on its node: folders, times, the intake desk, the way to the bridge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from ivr.callback_times import CallbackTimes
from ivr.decisions import DecisionDesk
from ivr.drafts import Drafts
from ivr.intake import IntakeDesk
from ivr.spool import Spool
from line111.clock import now


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

    @property
    def answer_id(self) -> UUID | None:
        """The answer, to which the applicant says yes or no; None: nothing to be said to."""

    @property
    def recording_id(self) -> UUID | None:
        """The official's own voice; None: there is only the text."""


class Question(Protocol):
    """What the unit that has the case asks the applicant."""

    @property
    def id(self) -> UUID:
        """The question a reply names."""

    @property
    def text(self) -> str:
        """What is asked."""

    @property
    def language(self) -> str:
        """Language of the text."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a caller hears of a case."""

    kind: str
    opened_at: datetime
    status: str
    reply: Reply | None
    callback_waiting: bool
    case_id: UUID
    question: Question | None = None
    """What is asked and not replied to yet."""

    @property
    def to_be_decided(self) -> bool:
        """Whether the applicant's word on the answer is awaited."""
        return self.status == "answered" and self.reply is not None


class BridgeAway(Exception):
    """The bridge can't be asked now; the caller is told so."""


FollowUp = Callable[[str, str, str], Awaitable[Followed | None]]
"""(tracking code, identifier kind, identifier) → the case, None where they do not belong together.
Raises BridgeAway."""
ReadOut = Callable[[str, str, Path], Awaitable[Path | None]]
"""(language, text, folder) → sound of the text without extension, None where it can't be spoken."""


FetchVoice = Callable[[str, str, str, Path], Awaitable[Path | None]]
"""(tracking code, identifier kind, identifier, folder) → the voice of the official who answered,
without extension; None where it can't be had now."""


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
    decisions: DecisionDesk
    follow_up: FollowUp
    read_out: ReadOut
    fetch_voice: FetchVoice
    wake_forwarder: Callable[[], None]
    callback_times: CallbackTimes
    joined_callback: Callable[[str], bool] = lambda _record_id: False
    """Whether the bridge has said of a record that its callback joined one that waited already."""
    now: Callable[[], datetime] = now
    key_seconds: float = 6.0
    message_seconds: int = 180
    silence_seconds: int = 6
    on_event: Callable[[str], None] = lambda _name: None
    """Told of what a metric counts: "disk_full", "no_code", "rescued" …"""
