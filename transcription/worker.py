"""A worker process: threads that take jobs from the queue, and a caretaker that sees that none is lost."""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path

import dramatiq
import redis
import structlog
from dramatiq.errors import Retry
from dramatiq.middleware import CurrentMessage, Retries, TimeLimit

from casebridge.client import BridgeUnavailable
from line111.secrets import read_secret
from line111.settings import Settings
from transcription import job, metrics
from transcription.bridge_link import BridgeLink
from transcription.caretaker import Caretaker
from transcription.claim import LEASE_SECONDS, Claim, ClaimedElsewhere, TooManyStarts
from transcription.job_queue import ACTOR, QUEUE, connect, open_broker
from transcription.recognise import ModelShelf
from transcription.store import ModelStore

log = structlog.get_logger(__name__)

MOST_FAILURES = 3
"""Times a job may fail for a reason nobody foresaw before it is given up."""
MOST_UNREADABLE = 8
"""Times a bridge that answers may fail to give a recording's sound: about four minutes."""
POLL_MS = 200
"""Longest wait between two looks into the empty queue."""
STOP_SECONDS = 20
BACKSTOP_MS = 12 * 3600 * 1000
"""Dramatiq's own limit, far above every deadline: the deadline itself is kept in `recognise`."""


class WorkerStopping(Exception):
    """The process is to end: the job goes back to the queue."""


class Worker:
    """All of one worker process but its signals and its metrics port."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self.redis = connect(settings)
        self.broker = open_broker(
            self.redis,
            settings.transcription.takeover_seconds,
            [CurrentMessage(), TimeLimit(time_limit=BACKSTOP_MS), Retries(retry_when=_worth_another_try)],
        )
        self.link = BridgeLink(settings.bridge.url, read_secret(settings, "token_transcription"))
        self.desk = job.Desk(
            link=self.link,
            shelf=ModelShelf(lambda: ModelStore.of(settings)),
            scratch=own_scratch(settings),
            deadline_factor=settings.transcription.deadline_factor,
        )
        self.caretaker = Caretaker(settings, self.link, self.redis, self.broker, self.desk.shelf.get)
        dramatiq.actor(broker=self.broker, queue_name=QUEUE, actor_name=ACTOR)(self._job)
        self._threads = dramatiq.Worker(
            self.broker,
            queues={QUEUE},
            worker_timeout=POLL_MS,
            worker_threads=settings.transcription.threads,
        )
        # One message a thread: what waits in a busy process could be done by an idle one.
        self._threads.queue_prefetch = settings.transcription.threads

    def start(self) -> None:
        """Take jobs from now on. Returns at once; Redis and the bridge may come later."""
        self.broker.emit_after("process_boot")
        self._threads.start()
        self.caretaker.start()

    def stop(self) -> None:
        """Give jobs under way back to the queue, at the next quarter second of their sound."""
        self.stopping.set()
        self.caretaker.stop()
        for consumer in self._threads.consumers.values():
            consumer.pause()
        self._threads.stop(timeout=STOP_SECONDS * 1000)
        self.broker.close()
        self.link.close()
        shutil.rmtree(self.desk.scratch, ignore_errors=True)

    def health(self) -> dict[str, object]:
        """For `/health`: whether Redis answers and the threads live; which languages can be heard."""
        try:
            reachable = bool(self.redis.ping())
        except redis.RedisError:
            reachable = False
        alive = all(thread.is_alive() for thread in self._threads.workers)
        languages = sorted(ModelStore.of(self.settings).arrivals())
        return {"ok": reachable and alive, "redis": reachable, "threads": alive, "languages": languages}

    def _job(self, recording_id: str) -> None:
        """Transcribe a recording; raises Retry where it must be done later or elsewhere."""
        claim = Claim(self.redis, recording_id)
        try:
            claim.take()
        except ClaimedElsewhere:
            raise _later("claimed", LEASE_SECONDS / 2) from None
        except TooManyStarts:
            job.give_up(self.desk, recording_id, "failed", "workers_died")
            raise
        try:
            job.transcribe(self.desk, recording_id, lambda: self._check(claim))
        except WorkerStopping:
            raise _later("stopping", 0) from None
        except ClaimedElsewhere:
            log.warning("claim_lost", recording=recording_id)
        except job.AudioUnreadable as error:
            if claim.count_unreadable() >= MOST_UNREADABLE:
                job.give_up(self.desk, recording_id, "broken", "unavailable")
                return
            raise _later("AudioUnreadable", _backoff(_retries(), error)) from error
        except (BridgeUnavailable, job.AudioNotHere) as error:
            raise _later(type(error).__name__, _backoff(_retries(), error)) from error
        except Exception:
            self._maybe_give_up(recording_id)
            raise
        finally:
            claim.let_go()

    def _check(self, claim: Claim) -> None:
        if self.stopping.is_set():
            raise WorkerStopping
        claim.renew()

    def _maybe_give_up(self, recording_id: str) -> None:
        """On the last failure, say so on the case's page; the dead letter keeps the reason."""
        if _retries() < MOST_FAILURES:
            return
        try:
            job.give_up(self.desk, recording_id, "failed", "unexpected")
        except Exception as error:  # the first error is the one worth keeping
            log.warning("failure_not_told", recording=recording_id, reason=type(error).__name__)


def _worth_another_try(retries: int, error: BaseException) -> bool:
    if isinstance(error, Retry):
        return True
    return retries < MOST_FAILURES and not isinstance(error, TooManyStarts | job.RecordingUnknown)


def _retries() -> int:
    message = CurrentMessage.get_current_message()
    return int(message.options.get("retries", 0)) if message else 0


def _later(reason: str, seconds: float) -> Retry:
    metrics.RETRIES.labels(reason).inc()
    return Retry(reason, delay=int(seconds * 1000))


def _backoff(retries: int, error: Exception) -> float:
    """Seconds to wait: what the bridge asked for, or doubling from 1 s to 5 min, with jitter."""
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return min(float(asked), 300.0)
    return min(300.0, float(2 ** min(retries, 9))) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter


def own_scratch(settings: Settings) -> Path:
    """A folder of this process for recordings while they are read; sweeps those of killed processes,
    so that no caller's voice is left lying about."""
    parent = settings.run_dir / "transcription"
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for rest in parent.glob("[0-9]*-*"):
        if not _alive(rest.name):
            shutil.rmtree(rest, ignore_errors=True)
    folder = parent / _process_name()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _process_name() -> str:
    return _name_of("self")


def _name_of(pid: str) -> str:
    """Process id and start time: together never used twice on a running machine."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    number = stat.split(" ", 1)[0]
    started = stat.rpartition(")")[2].split()[19]
    return f"{number}-{started}"


def _alive(name: str) -> bool:
    try:
        return _name_of(name.split("-")[0]) == name
    except OSError:
        return False
