"""One worker a recording: a claim in Redis that its holder renews, and that lapses when it dies.

Jobs are delivered at least once: a job taken over from a worker thought dead, or queued again by the
safety net, must not write over the words of one who is still at it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from uuid import uuid4

import redis

LEASE_SECONDS = 15
RENEW_SECONDS = 4
MOST_STARTS = 5
"""A recording that took down so many workers is not tried again."""
STARTS_REMEMBERED_SECONDS = 24 * 3600

_PROLONG = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire', KEYS[1], ARGV[2]) end return 0"
)
_LET_GO = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class ClaimedElsewhere(Exception):
    """Another worker is at this recording, or took it over."""


class TooManyStarts(Exception):
    """Workers died over this recording again and again."""


class Claim:
    """The right to transcribe one recording, held between `take` and `let_go`."""

    def __init__(
        self, client: redis.Redis, recording_id: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = client
        self._key = f"line111:transcription:claim:{recording_id}"
        self._starts = f"line111:transcription:starts:{recording_id}"
        self._unreadable = f"line111:transcription:unreadable:{recording_id}"
        self._holder = str(uuid4())
        self._clock = clock
        self._renewed = clock()

    def take(self) -> None:
        """Take the recording and count the start.

        Raises:
            ClaimedElsewhere: another worker holds it.
            TooManyStarts: it was begun too often without an end.
        """
        if not self._redis.set(self._key, self._holder, nx=True, ex=LEASE_SECONDS):
            raise ClaimedElsewhere
        self._renewed = self._clock()
        starts = int(self._redis.incr(self._starts))
        self._redis.expire(self._starts, STARTS_REMEMBERED_SECONDS)
        if starts > MOST_STARTS:
            self.let_go()
            raise TooManyStarts

    def renew(self) -> None:
        """Prolong the claim when it is time. Raises ClaimedElsewhere where it lapsed and went on."""
        if self._clock() - self._renewed < RENEW_SECONDS:
            return
        self._renewed = self._clock()
        try:
            mine = self._redis.eval(_PROLONG, 1, self._key, self._holder, str(LEASE_SECONDS))
        except redis.RedisError:
            return  # Redis is away for a moment: the work is not thrown away for that
        if not mine and not self._redis.set(self._key, self._holder, nx=True, ex=LEASE_SECONDS):
            raise ClaimedElsewhere

    def count_unreadable(self) -> int:
        """Count one more vain attempt to get the sound; returns how often that was."""
        count = int(self._redis.incr(self._unreadable))
        self._redis.expire(self._unreadable, STARTS_REMEMBERED_SECONDS)
        return count

    def let_go(self) -> None:
        """Give the recording free; the worker came to an end, so the starts are forgotten."""
        with contextlib.suppress(redis.RedisError):  # where Redis is away, the claim lapses by itself
            self._redis.delete(self._starts)
            self._redis.eval(_LET_GO, 1, self._key, self._holder)
