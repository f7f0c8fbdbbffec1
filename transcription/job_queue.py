"""The jobs' queue on Redis: the broker, what waits in it, what was given up.

The names below are those Dramatiq uses in Redis (`dispatch.lua` of its Redis broker, version 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from line111.secrets import redis_url
from line111.settings import Settings

QUEUE = "transcription"
ACTOR = "transcribe"

_WAITING = f"dramatiq:{QUEUE}.msgs"
_DELAYED = f"dramatiq:{QUEUE}.DQ.msgs"
_DEAD = f"dramatiq:{QUEUE}.XQ"
_DEAD_MESSAGES = f"dramatiq:{QUEUE}.XQ.msgs"

MAINTENANCE_CHANCE = 50_000
"""Of a million commands, those that also look for dead workers: with ten commands a second from a
worker that has nothing to do, every two seconds on average."""


@dataclass(frozen=True)
class DeadLetter:
    """A job that was given up."""

    key: str
    recording_id: str
    given_up_at: datetime
    retries: int
    reason: str


def connect(settings: Settings) -> redis.Redis:
    """A client that notices a silent server and asks again after a short break."""
    return redis.Redis.from_url(
        redis_url(settings),
        socket_connect_timeout=5,
        socket_timeout=10,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), 3),
        retry_on_error=[redis.ConnectionError, redis.TimeoutError],
    )


def open_broker(
    client: redis.Redis, takeover_seconds: float, middleware: list[dramatiq.Middleware]
) -> RedisBroker:
    """The broker; a worker silent for `takeover_seconds` loses its jobs to the others."""
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=middleware,
        heartbeat_timeout=int(takeover_seconds * 1000),
        maintenance_chance=MAINTENANCE_CHANCE,
    )


def send(broker: dramatiq.Broker, recording_id: str) -> None:
    """Queue a job for a recording."""
    broker.declare_queue(QUEUE)
    broker.enqueue(
        dramatiq.Message(
            queue_name=QUEUE,
            actor_name=ACTOR,
            args=(recording_id,),
            kwargs={},
            options={},
            message_id=str(uuid4()),
        )
    )


def known_recordings(client: redis.Redis) -> set[str]:
    """Recordings for which a job waits, is put off, or is under way."""
    known = set()
    for key in (_WAITING, _DELAYED):
        for _, data in client.hscan_iter(key, count=500):
            known.add(str(dramatiq.Message.decode(data).args[0]))
    return known


def waiting_count(client: redis.Redis) -> int:
    """Jobs waiting, put off, or under way."""
    return int(client.hlen(_WAITING)) + int(client.hlen(_DELAYED))


def dead_letter_count(client: redis.Redis) -> int:
    """Jobs given up (kept 7 days)."""
    return int(client.zcard(_DEAD))


def dead_letters(client: redis.Redis) -> Iterator[DeadLetter]:
    """Jobs given up, oldest first."""
    letters = cast(list[tuple[bytes, float]], client.zrange(_DEAD, 0, -1, withscores=True))
    for key, moment in letters:
        data = cast(bytes | None, client.hget(_DEAD_MESSAGES, key.decode()))
        if data is not None:
            message = dramatiq.Message.decode(data)
            lines = str(message.options.get("traceback", "")).strip().splitlines()
            yield DeadLetter(
                key=key.decode(),
                recording_id=str(message.args[0]) if message.args else "?",
                given_up_at=datetime.fromtimestamp(moment / 1000, UTC),
                retries=int(message.options.get("retries", 0)),
                reason=lines[-1] if lines else "unknown",
            )


def revive(client: redis.Redis, broker: dramatiq.Broker, letter: DeadLetter) -> None:
    """Queue the job of a dead letter again and drop the letter."""
    send(broker, letter.recording_id)
    with client.pipeline() as pipe:
        pipe.zrem(_DEAD, letter.key)
        pipe.hdel(_DEAD_MESSAGES, letter.key)
        pipe.execute()
