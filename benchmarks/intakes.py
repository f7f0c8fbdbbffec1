"""Intakes accepted durably: the bridge over HTTP, against a bare SQLAlchemy insert of the same rows.

The bridge runs as in production, with Redis; thirty-two deliveries at once, as four forwarders of eight make
them, hand it intakes (a message announced, a callback wished); one counts as accepted when its receipt has
come, which is after the commit. The peer inserts the very rows the bridge writes for such intakes, in one
transaction for each, by SQLAlchemy's async sessions on the same settings of the database, 32 at once as well,
with no HTTP, no checks and no encryption. Both on SQLite (WAL, synchronous=FULL) and on PostgreSQL (fsync
on). p99 is that of receipts while intakes come evenly at half the rate measured, each counted from the moment
it was due; every round has a p99 of its own, and their median is told.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.http_load import Connection, deliver_evenly
from benchmarks.intake_records import Rows, insert_rows, intake, rows_of
from benchmarks.node import Node, running_node
from benchmarks.postgres import make_database, postgres_server
from benchmarks.rounds import Row, interleave, median, median_ratio, publish
from benchmarks.versions import versions
from casebridge.client import BridgeClient
from casebridge.database import Database
from casebridge.migrate import upgrade
from line111.secrets import read_secret

AT_ONCE = 32
INTAKES = 400
"""Intakes of a round."""
ROUNDS = 5
AIM = 0.5


async def _lease(node: Node, count: int) -> list[str]:
    async with BridgeClient(
        node.settings.bridge.url, read_secret(node.settings, "token_ivr"), timeout=30
    ) as bridge:
        return await bridge.lease_codes(node.settings.node, "ivr", count)


class Delivery:
    """Forwarders of a node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._applicants = 0

    def new_applicants(self, count: int) -> int:
        """Number of the first of so many applicants who never phoned before."""
        self._applicants += count
        return self._applicants - count

    def bodies(self, count: int) -> list[bytes]:
        """Fresh intakes with leased codes, ready to be sent."""
        first = self.new_applicants(count)
        return [
            json.dumps(intake(self.node.settings, code, first + number)).encode()
            for number, code in enumerate(uvloop.run(_lease(self.node, count)))
        ]

    def connection(self) -> Connection:
        """One keep-alive connection to the bridge."""
        token = read_secret(self.node.settings, "token_ivr")
        return Connection("127.0.0.1", self.node.settings.bridge.port, "/api/v1/intakes", token)

    def rate(self, count: int = INTAKES) -> float:
        """Intakes accepted a second, `AT_ONCE` under way at each moment."""
        return _rate(self.bodies(count), self._deliver)

    def p99(self, rate: float, count: int = INTAKES) -> float:
        """Milliseconds to the receipt, for intakes that come evenly at this rate."""
        bodies = self.bodies(count)
        taken = sorted(uvloop.run(deliver_evenly(self.connection, AT_ONCE, bodies, rate)))
        return 1000 * taken[int(len(taken) * 0.99)]

    async def _deliver(self, bodies: Sequence[bytes]) -> None:
        left = iter(bodies)

        async def forwarder() -> None:
            async with self.connection() as connection:
                for body in left:
                    await connection.post(body)

        await asyncio.gather(*(forwarder() for _ in range(AT_ONCE)))


def bare_rate(delivery: Delivery, url: str, count: int = INTAKES) -> float:
    """Transactions a second of the bare insert into a database of its own."""
    settings, first = delivery.node.settings, delivery.new_applicants(count)

    async def with_database(work: Callable[[Database], Awaitable[Any]]) -> Any:
        database = Database(url, pool=AT_ONCE)
        try:
            return await work(database)
        finally:
            await database.close()

    async def insert_all(rows: Sequence[Rows]) -> None:
        left = iter(rows)

        async def worker(database: Database) -> None:
            for one in left:
                await insert_rows(database, one)

        await with_database(lambda db: asyncio.gather(*(worker(db) for _ in range(AT_ONCE))))

    rows = uvloop.run(with_database(lambda db: rows_of(settings, db, first, count)))
    return _rate(rows, insert_all)


def _rate(items: Sequence[Any], work: Callable[[Sequence[Any]], Awaitable[None]]) -> float:
    async def timed() -> float:
        begun = time.perf_counter()
        await work(items)
        return time.perf_counter() - begun

    return len(items) / uvloop.run(timed())


def measure(title: str, ours: str | None, bare: str) -> Row:
    """One database: the bridge on `ours` (None: the node's SQLite), the bare insert into `bare`."""
    upgrade(bare)
    with running_node("redis", "bridge", bridge={"database_url": ours}) as node:
        delivery = Delivery(node)
        rates = interleave(
            {"bridge": delivery.rate, "bare": lambda: bare_rate(delivery, bare)}, rounds=ROUNDS
        )
        half = median(rates["bridge"]) / 2
        p99 = median([delivery.p99(half) for _ in range(ROUNDS)])
    ratio = median_ratio(rates["bridge"], rates["bare"])
    return Row(
        what=f"intakes accepted durably, {title}; p99 at half of that",
        ours=f"{median(rates['bridge']):.0f}/s; {p99:.0f} ms",
        against="bare SQLAlchemy insert of the same rows",
        theirs=f"{median(rates['bare']):.0f}/s",
        ratio=ratio,
        aim=f"≥ {AIM}",
        met=ratio >= AIM,
        rounds=ROUNDS,
    )


def main() -> None:
    """Measure, print, keep."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        rows = [measure("SQLite", None, f"sqlite+aiosqlite:///{Path(folder) / 'bare.sqlite3'}")]
        server = stack.enter_context(postgres_server())
        rows.append(measure("PostgreSQL", make_database(server, "bridge"), make_database(server, "bare")))
    publish(
        "intakes",
        rows,
        packages=("sqlalchemy", "aiosqlite", "asyncpg", "fastapi"),
        programs={"SQLite": sqlite3.sqlite_version} | versions("PostgreSQL", "Redis"),
    )


if __name__ == "__main__":
    main()
