"""What stands outside the database and is shown: calls on the line, jobs given up, refused intakes."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import redis.asyncio as redis
from redis.exceptions import RedisError

LIVE_CALLS: Final = "line111:live:calls"
"""Hash that call_routing keeps: a field for each call on the line; none where nobody calls."""
LIVE_NODES: Final = "line111:live:nodes"
"""Hash with a field for each node whose call_routing is alive."""
DEAD_QUEUE: Final = "dramatiq:transcription.XQ"
"""Where Dramatiq keeps jobs it has given up: ids by time, and `.msgs` with the messages."""
MOST_DEAD: Final = 100
MOST_REJECTED: Final = 100


@dataclass(frozen=True)
class Count:
    """A number with its name; `path` leads to what was counted, `value` is None where nobody knows."""

    label: str
    icon: str
    value: int | None
    path: str | None = None
    alarm: bool = False


@dataclass(frozen=True)
class DeadJob:
    """A job that was given up."""

    actor: str
    subject: str
    attempts: int
    failure: str


@dataclass(frozen=True)
class RejectedFile:
    """An intake the bridge refused: kept on the node for somebody to look at."""

    name: str
    size: int
    at: datetime


async def live_calls(client: redis.Redis) -> int | None:
    """Calls on the line now; None where call_routing has not said or Redis does not answer."""
    with contextlib.suppress(RedisError, OSError):
        if await client.exists(LIVE_NODES):
            return int(await client.hlen(LIVE_CALLS))
    return None


async def dead_jobs(client: redis.Redis) -> list[DeadJob] | None:
    """Jobs given up, the latest first; None where Redis does not answer."""
    try:
        ids = [str(name) for name in await client.zrevrange(DEAD_QUEUE, 0, MOST_DEAD - 1)]
        texts = await client.hmget(f"{DEAD_QUEUE}.msgs", ids) if ids else []
    except (RedisError, OSError):
        return None
    return [_dead_job(str(text)) for text in texts if text]


def rejected_files(spool: Path) -> list[RejectedFile] | None:
    """Refused intakes on this node, the latest first; None where the spool can't be read."""
    try:
        files = [path for path in (spool / "rejected").iterdir() if path.suffix == ".json"]
        found = [RejectedFile(path.name, *_size_and_time(path)) for path in files]
    except FileNotFoundError:
        return [] if spool.exists() else None
    except OSError:
        return None
    return sorted(found, key=lambda file: file.at, reverse=True)[:MOST_REJECTED]


def _size_and_time(path: Path) -> tuple[int, datetime]:
    status = path.stat()
    return status.st_size, datetime.fromtimestamp(status.st_mtime).astimezone()


def _dead_job(text: str) -> DeadJob:
    message: dict[str, Any] = json.loads(text)
    options = message.get("options", {})
    trace = str(options.get("traceback", "")).strip()
    return DeadJob(
        actor=str(message.get("actor_name", "?")),
        subject=" ".join(str(part) for part in message.get("args", [])),
        attempts=int(options.get("retries", 0)) + 1,
        failure=trace.splitlines()[-1][:300] if trace else "",
    )
