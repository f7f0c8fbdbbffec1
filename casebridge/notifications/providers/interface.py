"""What every way of sending has in common: one message in, one outcome out."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from casebridge.notifications.rules import rest_after
from casebridge.notifications.schemas import Medium

LONGEST_ERROR = 128


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider sends. `to` is an E.164 number or an e-mail address and never reaches a log."""

    id: UUID
    """The same at every try: gateways that know repeated ids send once."""
    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str
    language: str


class Result(StrEnum):
    """How a try ended."""

    SENT = "sent"
    """The provider has it."""
    FAILED = "failed"
    """It surely has not; later, or elsewhere, it may work."""
    REFUSED = "refused"
    """It never will take it: the same again does not help."""
    UNKNOWN = "unknown"
    """Nobody can tell: the answer did not come, or the sender vanished."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider made of a message.

    Args:
        references: The provider's names for the message or its parts, for receipts to come.
        error: A word for screens and logs; holds no number, no text.
    """

    result: Result
    references: tuple[str, ...] = ()
    error: str | None = None


class Provider(Protocol):
    """A way to send. `send` raises nothing for what may happen to a provider; it says so."""

    name: str
    medium: Medium
    per_second: float
    timeout_seconds: float
    kept_here: bool
    """The message stays in this node's outbox: nobody is reached, nobody is woken."""

    async def send(self, message: Message) -> Outcome:
        """Tries once, within `timeout_seconds`."""
        ...

    async def close(self) -> None:
        """Gives connections back."""
        ...


class Ear(Protocol):
    """Who hears what providers say later. Both return when it is kept, and raise where it is not."""

    async def receipt(self, provider: str, reference: str, state: str) -> None:
        """A message arrived (`delivered`) or never will (`failed`)."""
        ...

    async def inbound(self, provider: str, sender: str, text: str, reference: str | None) -> None:
        """A citizen wrote."""
        ...


class Pace:
    """Lets through so many messages a second; at most one second's worth at once (a token bucket)."""

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._free_at = 0.0

    def wait(self, moment: float | None = None) -> float:
        """Takes a place; seconds until it is its turn."""
        current = time.monotonic() if moment is None else moment
        earliest = max(self._free_at, current - 1.0 + 1.0 / self._rate)
        self._free_at = earliest + 1.0 / self._rate
        return max(0.0, earliest - current)


class Health:
    """Lets a provider that fails again and again rest, so that messages go to the next one at once."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def resting(self, moment: float | None = None) -> float:
        """Seconds it still rests; 0: it may be asked."""
        return max(0.0, self._until - (time.monotonic() if moment is None else moment))

    def seen(self, result: Result, moment: float | None = None) -> None:
        """Remembers how a try ended; what is refused shows a provider that works."""
        if result in {Result.SENT, Result.REFUSED}:
            self._failures, self._until = 0, 0.0
            return
        self._failures += 1
        current = time.monotonic() if moment is None else moment
        self._until = current + rest_after(self._failures)


@dataclass
class Desk:
    """A provider with its pace and its health."""

    provider: Provider
    pace: Pace
    health: Health = field(default_factory=Health)

    async def send(self, message: Message) -> Outcome:
        """Tries once; whatever goes wrong ends as an outcome."""
        try:
            async with asyncio.timeout(self.provider.timeout_seconds):
                outcome = await self.provider.send(message)
        except TimeoutError:
            outcome = Outcome(Result.UNKNOWN, error="no answer in time")
        except Exception as error:  # a provider must not end the sender
            outcome = Outcome(Result.UNKNOWN, error=type(error).__name__)
        self.health.seen(outcome.result)
        return outcome


class Outbox:
    """The embedded default: the message is kept, to be read on the screen; nobody is reached."""

    kept_here = True
    per_second = 1000.0
    timeout_seconds = 5.0

    def __init__(self, name: str = "outbox", medium: Medium = Medium.SMS) -> None:
        self.name = name
        self.medium = medium

    async def send(self, message: Message) -> Outcome:
        """Kept: it is in the database already."""
        return Outcome(Result.SENT)

    async def close(self) -> None:
        """Nothing to give back."""
