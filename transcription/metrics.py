"""What the transcription workers count."""

from __future__ import annotations

from collections.abc import Iterator

import redis
from prometheus_client import REGISTRY, Counter
from prometheus_client.core import GaugeMetricFamily

from transcription.job_queue import dead_letter_count, waiting_count

JOBS = Counter(
    "line111_transcripts", "Transcripts told to the bridge, by status and language.", ["status", "language"]
)
AUDIO_SECONDS = Counter(
    "line111_transcription_audio_seconds", "Seconds of sound recognised (both channels count).", ["language"]
)
CPU_SECONDS = Counter(
    "line111_transcription_cpu_seconds", "Processor seconds spent on recognising.", ["language"]
)
RETRIES = Counter("line111_transcription_retries", "Jobs put off, by reason.", ["reason"])
MODELS_REFUSED = Counter(
    "line111_transcription_models_refused", "Times a model on disk was not what it should be.", ["language"]
)


class QueueCollector:
    """Reads the queue's length and the dead letters from Redis when a monitor asks."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Two gauges; none where Redis is away."""
        try:
            waiting, dead = waiting_count(self._redis), dead_letter_count(self._redis)
        except redis.RedisError:
            return
        yield GaugeMetricFamily("line111_transcription_queued", "Jobs waiting or under way.", waiting)
        yield GaugeMetricFamily("line111_transcription_dead_letters", "Jobs given up, kept 7 days.", dead)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not need Redis."""
        return iter(())


def watch_queue(client: redis.Redis) -> None:
    """Add the queue's gauges to this process's metrics."""
    REGISTRY.register(QueueCollector(client))
