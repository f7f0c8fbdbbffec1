"""Sees that no recording is forgotten: when a model arrives, and when jobs were lost.

Jobs live in Redis, which is no place of truth; the bridge is. So the caretaker asks the bridge which
recordings have no text yet and queues those for which there is no job. It may do so any number of
times: a recording with a job is left alone, and a job done twice changes nothing.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import dramatiq
import redis
import structlog

from casebridge.client import BridgeClient, BridgeError
from casebridge.recordings.schemas import Recording
from line111.settings import Settings
from transcription.bridge_link import BridgeLink
from transcription.catalogue import CatalogueInvalid
from transcription.job_queue import known_recordings, send
from transcription.recognise import ModelUnusable
from transcription.store import ModelMissing, ModelStore, ModelUnverified

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
"""Between two looks at the models' folder."""
LOST_EVERY_SECONDS = 300.0
"""Between two searches for recordings without text and without a job."""


class Caretaker:
    """A thread beside the workers of a process.

    Args:
        warm: loads the model of a language.
    """

    def __init__(
        self,
        settings: Settings,
        link: BridgeLink,
        client: redis.Redis,
        broker: dramatiq.Broker,
        warm: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._link = link
        self._redis = client
        self._broker = broker
        self._warm = warm
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)
        self._seen: dict[str, str] = {}
        self._next_search = 0.0

    def start(self) -> None:
        """Begin, with a first look at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when the thread has ended."""
        self._stopping.set()
        self._thread.join(15)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look(time.monotonic())
            except (BridgeError, redis.RedisError, CatalogueInvalid, OSError) as error:
                log.warning("caretaker_waits", reason=str(error) or type(error).__name__)
                self._stopping.wait(random.uniform(3, 6))  # noqa: S311 - jitter
            self._stopping.wait(LOOK_SECONDS)

    def look(self, now: float) -> None:
        """One look: queue what waited for a model that has come, and, now and then, what was lost."""
        arrivals = ModelStore.of(self._settings).arrivals()
        new = {language for language, mark in arrivals.items() if self._seen.get(language) != mark}
        if new:
            count = self._queue(self._waiting_for(new))
            log.info("model_arrived", languages=sorted(new), queued=count)
            for language in sorted(new):
                self._load(language)
        self._seen = arrivals
        if now >= self._next_search:
            count = self._queue(self._lost())
            if count:
                log.warning("lost_jobs_queued", count=count)
            self._next_search = now + LOST_EVERY_SECONDS

    def _load(self, language: str) -> None:
        """Load a model that is new before the next call needs it."""
        try:
            self._warm(language)
        except (ModelMissing, ModelUnverified, ModelUnusable) as error:
            log.warning("model_refused", language=language, reason=str(error))

    def _waiting_for(self, languages: set[str]) -> list[Recording]:
        return [one for one in self._in_state("waiting_for_model") if one.language in languages]

    def _lost(self) -> list[Recording]:
        now, longest = datetime.now(UTC), self._settings.transcription.lost_after_seconds
        return [
            one
            for state in ("queued", "in_progress")
            for one in self._in_state(state)
            if one.stored_at and (now - one.stored_at).total_seconds() > longest
        ]

    def _in_state(self, state: str) -> list[Recording]:
        async def collect(bridge: BridgeClient) -> list[Recording]:
            return [recording async for recording in bridge.waiting_recordings(state)]

        return self._link.call(collect)

    def _queue(self, recordings: Iterable[Recording]) -> int:
        wanted = [str(recording.id) for recording in recordings]
        if not wanted:
            return 0
        known = known_recordings(self._redis)
        missing = [one for one in wanted if one not in known]
        for one in missing:
            send(self._broker, one)
        return len(missing)
