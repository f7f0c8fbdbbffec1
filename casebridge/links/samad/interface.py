"""What every SAMAD can do, wherever it is: the interface, its errors, and the embedded one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from casebridge.links.rules import Verdict, retry_after, verdict
from casebridge.links.schemas import CaseCopy, RecordingCopy, SamadChange


class LinkError(Exception):
    """A neighbour was not told. The text holds no content of the case."""


class NeighbourAway(LinkError):
    """No answer, "later", or an answer that makes no sense: try again.

    Args:
        retry_after: Seconds it asked to wait.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class NeighbourRefuses(LinkError):
    """It understood and says no: the same again will not help, somebody must look."""


def check_status(status: int, wait: str | None = None, *, good: frozenset[int] | None = None) -> None:
    """What a neighbour's HTTP status means.

    Args:
        wait: Its Retry-After header.
        good: The successful ones where not all 2xx are.

    Raises NeighbourAway, NeighbourRefuses.
    """
    judged = verdict(status, good=good)
    if judged is Verdict.REFUSED:
        raise NeighbourRefuses(f"it answered {status}")
    if judged is Verdict.LATER:
        raise NeighbourAway(f"it answered {status}", retry_after(wait))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the applicant is, in clear, on its way to those who may know."""

    kind: str
    identifier: str
    contact_number: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, with the case as it is now."""

    id: UUID
    """Idempotency key."""
    action: str
    at: datetime
    case: CaseCopy
    identity: Identity
    reference: str | None = None
    """The case's name over there, once it has one."""
    note: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    recordings: tuple[RecordingCopy, ...] = ()
    """What goes along; for other centres alone."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A change over there that makes no sense here; it must stop none of those behind it."""

    item: Any
    """Whole, as it came."""
    unread: str
    """What of it could not be read."""
    id: str | None = None
    """Its id over there, where that is readable."""


@dataclass(frozen=True, slots=True)
class News:
    """Changes over there, and where to go on."""

    changes: tuple[SamadChange | Unreadable, ...] = ()
    place: str | None = None


class Samad(Protocol):
    """Where cases are kept: in this database, in an outside SAMAD, in another centre."""

    async def tell(self, step: Step) -> str | None:
        """Tells of a step, whatever came before; the same step twice is one. Returns the case's name there.

        Raises NeighbourAway, NeighbourRefuses.
        """

    async def news(self, place: str | None) -> News:
        """What changed over there since `place`. Asking again from the same place loses nothing.

        Raises NeighbourAway, NeighbourRefuses.
        """

    async def close(self) -> None:
        """Closes connections."""


class EmbeddedSamad:
    """The default: the case lives in this bridge's own database, so there is nothing to tell."""

    async def tell(self, step: Step) -> str | None:
        """It is known already; its name is its tracking code."""
        return step.case.tracking_code

    async def news(self, place: str | None) -> News:
        """Nothing changes elsewhere."""
        return News(place=place)

    async def close(self) -> None:
        """Nothing is open."""
