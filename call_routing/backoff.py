"""How long to wait before trying again: longer each time, never all at the same moment."""

from __future__ import annotations

import random


class Backoff:
    """Waiting times of a series of failures: doubling, with jitter.

    Args:
        first: seconds before the first new try, at most.
        most: seconds the wait never exceeds.
    """

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self.failures = 0

    def next(self) -> float:
        """Seconds to wait now: between half and the whole of this failure's step."""
        step: float = min(self._most, self._first * 2 ** min(self.failures, 16))
        self.failures += 1
        return step * (0.5 + random.random() / 2)  # noqa: S311 - jitter

    def reset(self) -> None:
        """It worked: the next failure starts from the beginning."""
        self.failures = 0
