"""A circuit breaker: a neighbour that keeps failing is left alone for a while, then asked once. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class CircuitState(StrEnum):
    """`closed`: all may pass; `open`: nobody; `half_open`: one, to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass
class Circuit:
    """Of one neighbour. Moments are seconds of any steady clock.

    Args:
        threshold: Failures in a row that open it.
        first: Seconds it stays open the first time; doubled each time the trial fails.
        longest: At most so long.
    """

    threshold: int = 5
    first: float = 5.0
    longest: float = 300.0
    _failures: int = field(default=0, init=False)
    _opened: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)
    _trial: bool = field(default=False, init=False)

    def state(self, now: float) -> CircuitState:
        """What it lets pass at this moment."""
        if not self._opened:
            return CircuitState.CLOSED
        return CircuitState.OPEN if now < self._until or self._trial else CircuitState.HALF_OPEN

    def places(self, wanted: int, now: float) -> int:
        """How many of `wanted` may be tried now; a trial's place is taken by asking."""
        state = self.state(now)
        if state is CircuitState.HALF_OPEN:
            self._trial = True
            return min(wanted, 1)
        return wanted if state is CircuitState.CLOSED else 0

    def untried(self) -> None:
        """There was nothing to try: the trial's place is given back."""
        self._trial = False

    def succeeded(self) -> None:
        """The neighbour has answered as it should."""
        self._failures = self._opened = 0
        self._trial = False

    def failed(self, now: float, chance: float) -> None:
        """The neighbour did not answer, or said "later".

        Args:
            chance: 0 … 1, so that many bridges do not come back all at once.
        """
        self._failures += 1
        if self._opened and not self._trial and now < self._until:
            return  # one that was on its way when it opened
        if self._trial or self._failures >= self.threshold:
            wait = min(self.first * 2**self._opened, self.longest)
            self._until = now + wait * (0.5 + chance / 2)
            self._opened = min(self._opened + 1, 16)
            self._trial = False
