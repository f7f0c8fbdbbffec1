"""Claims of callbacks: does a long line make an agent wait?

Two lines, one with 1,000 callbacks waiting and one with 100,000, each with an SQLite database and an index
in a real Redis of its own. A round claims sixty callbacks of each, one after the other, by the service the
bridge's route calls: whose turn it is from Redis, then one durable transaction (claimed, history, audit
trail, event). The figure of a round is the mean of a claim.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis.asyncio as redis
from sqlalchemy import FromClause, insert

from benchmarks.node import Node, running_node
from benchmarks.rounds import Row, interleave, median, median_ratio, publish
from benchmarks.versions import versions
from casebridge.applicants.models import Applicant
from casebridge.callbacks import service
from casebridge.callbacks.index_keeping import rebuild_index
from casebridge.callbacks.line import CallbackLine
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.migrate import upgrade
from casebridge.tables import new_id
from line111.clock import now
from line111.secrets import data_keys, redis_url

SHORT, LONG = 1_000, 100_000
CLAIMS = 60
"""Claims of a round; few enough to leave the short line about as long as it was."""
FILLED_AT_ONCE = 5_000
AIM = 1.3


class WaitingLine:
    """A database and an index with callbacks waiting."""

    def __init__(self, node: Node, folder: Path, waiting: int, index: int) -> None:
        self._url = f"sqlite+aiosqlite:///{folder / f'{waiting}.sqlite3'}"
        self._redis = redis_url(node.settings).rpartition("/")[0] + f"/{index}"
        self._keys = KeyRing(lambda: data_keys(node.settings))
        self._waiting = waiting
        upgrade(self._url)
        self._runner = asyncio.Runner()
        self._runner.run(self._fill())

    def milliseconds(self) -> float:
        """A claim, on the average of a round."""
        return self._runner.run(self._claim())

    def close(self) -> None:
        """End connections."""
        self._runner.run(self._close())
        self._runner.close()

    async def _fill(self) -> None:
        self._database = Database(self._url)
        self._client = redis.Redis.from_url(self._redis, decode_responses=True)
        self._line = CallbackLine(self._client)
        for start in range(0, self._waiting, FILLED_AT_ONCE):
            await self._add(min(FILLED_AT_ONCE, self._waiting - start), start)
        found = await rebuild_index(self._database, self._line)
        assert found == self._waiting, (found, self._waiting)

    async def _add(self, count: int, start: int) -> None:
        """Callbacks that arrived a second after each other, each of a citizen's own."""
        applicants, cases, callbacks = [], [], []
        for number in range(start, start + count):
            arrived = now() - timedelta(days=2) + timedelta(seconds=number)
            applicant, case = new_id(), new_id()
            key = self._keys.current
            applicants.append(
                {"id": applicant, "identifier_kind": "national_id", "lookup": os.urandom(32),
                 "identifier": os.urandom(40), "key_number": key, "created_at": arrived}
            )  # fmt: skip
            cases.append(
                {"id": case, "kind": "request", "status": "registered", "channel": "phone",
                 "level": "national", "language": "fa", "applicant_id": applicant, "key_number": key,
                 "numbers": self._keys.encrypt(b'{"contact_number": "+989121234567"}', f"case:{case}"),
                 "opened_at": arrived, "registered_at": arrived, "version": 1}
            )  # fmt: skip
            callbacks.append(
                {"id": new_id(), "case_id": case, "state": "waiting", "queue": "general", "wished": "asap",
                 "arrived_at": arrived, "due_at": arrived, "attempts": 0}
            )  # fmt: skip
        rows: list[tuple[FromClause, list[dict[str, Any]]]] = [
            (Applicant.__table__, applicants),
            (Case.__table__, cases),
            (CallbackRow.__table__, callbacks),
        ]
        async with self._database.writing() as session:
            for table, lines in rows:
                await session.execute(insert(table), lines)  # type: ignore[arg-type]

    async def _claim(self) -> float:
        begun = time.perf_counter()
        for _ in range(CLAIMS):
            taken = await service.claim(
                self._database, self._line, self._keys, "agent1", lease=timedelta(minutes=5)
            )
            assert taken is not None, "the line is not empty"
        return 1000 * (time.perf_counter() - begun) / CLAIMS

    async def _close(self) -> None:
        await self._client.aclose()
        await self._database.close()


@contextmanager
def waiting_lines(node: Node) -> Iterator[dict[int, WaitingLine]]:
    """A short line and a long one."""
    with tempfile.TemporaryDirectory() as folder:
        lines = {
            waiting: WaitingLine(node, Path(folder), waiting, index)
            for index, waiting in enumerate((SHORT, LONG))
        }
        yield lines
        for line in lines.values():
            line.close()


def main() -> None:
    """Measure, print, keep."""
    with running_node("redis") as node, waiting_lines(node) as lines:
        taken = interleave({str(waiting): line.milliseconds for waiting, line in lines.items()}, rounds=7)
    ratio = median_ratio(taken[str(LONG)], taken[str(SHORT)])
    row = Row(
        what=f"claim of a callback, {LONG:,} waiting",
        ours=f"{median(taken[str(LONG)]):.1f} ms",
        against=f"{SHORT:,} waiting",
        theirs=f"{median(taken[str(SHORT)]):.1f} ms",
        ratio=ratio,
        aim=f"≤ {AIM} ×",
        met=ratio <= AIM,
        rounds=7,
    )
    publish("callback_claim", [row], packages=("sqlalchemy", "redis"), programs=versions("Redis"))


if __name__ == "__main__":
    main()
