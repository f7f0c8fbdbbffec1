"""The deliverer: tells neighbours what waits for them, again and again until it is known there.

Each neighbour has a worker of its own while something waits for it, so one that is slow delays nobody
else. Deliveries are taken with a lease and sent outside of any transaction; what a vanished deliverer
had in hand is taken again when the lease ends, and the receiver knows it by its id. Steps of one case
go to one neighbour in their order. Several bridges may run one each.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from casebridge.database import Database
from casebridge.links.circuit import Circuit, CircuitState
from casebridge.links.metrics import LinkMetrics
from casebridge.links.models import ChangeAside, Delivery, LinkedCase, not_ours
from casebridge.links.rules import is_given_up, wait_before_next
from casebridge.links.samad.interface import NeighbourAway, NeighbourRefuses
from casebridge.links.workers import Workers
from line111.clock import now
from line111.settings import LinksSettings

BATCH: Final = 16
"""Sent at once to one neighbour."""
IDLE_SECONDS: Final = 1.0
ENOUGH_ROUNDS: Final = 200
COUNT_SECONDS: Final = 10.0
log = structlog.get_logger("casebridge.links")


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an attempt."""

    row: Delivery
    reference: str | None = None
    error: str | None = None
    refused: bool = False
    retry_after: float | None = None


Send = Callable[[Delivery], Awaitable[str | None]]
"""Sends a delivery; returns the case's name over there. Raises NeighbourAway, NeighbourRefuses."""


class Deliverer:
    """Delivers what one database holds for neighbours. `run` until cancelled; `wake` after a commit.

    Args:
        send: Sends one delivery to its target.
    """

    def __init__(self, database: Database, settings: LinksSettings, send: Send, metrics: LinkMetrics) -> None:
        self._database = database
        self._settings = settings
        self._send = send
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._circuits: dict[str, Circuit] = {}
        self._workers = Workers(self._drain, "deliveries_wait")
        self._count_at = 0.0

    def wake(self) -> None:
        """There is something new to deliver."""
        self._wake.set()

    def circuit_state(self, target: str) -> CircuitState:
        """What the breaker of a neighbour lets pass now."""
        return self._circuit(target).state(time.monotonic())

    async def run(self) -> None:
        """Delivers for ever; a neighbour or the database away only makes it wait."""
        try:
            while True:
                try:
                    await self._start_workers()
                    await self._count()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("deliveries_wait", error=type(error).__name__)
                await self._pause()
        finally:
            await self._workers.end()

    async def deliver_due(self, target: str) -> int:
        """One round for one neighbour; returns how many were tried."""
        circuit = self._circuit(target)
        places = circuit.places(BATCH, time.monotonic())
        rows = await self._take(target, places) if places else []
        if not rows:
            circuit.untried()
            return 0
        results = await asyncio.gather(*(self._try(row) for row in rows))
        for sent in results:
            self._judge(circuit, sent)
        await self._write_down(results)
        return len(rows)

    async def _start_workers(self) -> None:
        async with self._database.reading() as session:
            targets = list(await session.scalars(select(Delivery.target).where(_due()).distinct()))
        self._workers.see_to(targets)

    async def _drain(self, target: str) -> None:
        for _ in range(ENOUGH_ROUNDS):
            if not await self.deliver_due(target):
                return

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(min(IDLE_SECONDS, self._settings.longest_wait_seconds)):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _count(self) -> None:
        """Brings the gauges up to date, now and then."""
        if time.monotonic() < self._count_at:
            return
        self._count_at = time.monotonic() + COUNT_SECONDS
        counts = await count_by_state(self._database)
        self._metrics.waiting.set(counts["waiting"])
        self._metrics.dead.set(counts["dead"])
        self._metrics.aside.set(counts["aside"])
        states = [self.circuit_state(target) for target in self._circuits]
        self._metrics.circuits_open.set(sum(state is not CircuitState.CLOSED for state in states))

    async def _take(self, target: str, limit: int) -> Sequence[Delivery]:
        picked: Any = (
            select(Delivery.id)
            .where(Delivery.target == target, _due(), ~_one_before())
            .order_by(Delivery.id)
            .limit(limit)
        )
        if not self._database.is_sqlite:
            picked = picked.with_for_update(skip_locked=True)
        lease = now() + timedelta(seconds=self._settings.lease_seconds)
        async with self._database.writing() as session:
            rows = await session.scalars(
                update(Delivery)
                .where(Delivery.id.in_(picked), _due())
                .values(taken_until=lease)
                .returning(Delivery)
                .execution_options(synchronize_session=False)
            )
            return sorted(rows, key=lambda row: row.id)

    async def _try(self, row: Delivery) -> Sent:
        limit = max(self._settings.lease_seconds * 0.8, 0.1)
        try:
            async with asyncio.timeout(limit):
                return Sent(row, reference=await self._send(row))
        except NeighbourRefuses as error:
            return Sent(row, error=str(error), refused=True)
        except NeighbourAway as error:
            return Sent(row, error=str(error), retry_after=error.retry_after)
        except TimeoutError:
            return Sent(row, error="no answer in time")
        except Exception as error:  # one delivery that can't be put together must not stop the others
            log.exception("delivery_failed", delivery=str(row.id), target=row.target)
            return Sent(row, error=type(error).__name__)

    def _judge(self, circuit: Circuit, sent: Sent) -> None:
        result = "delivered" if sent.error is None else "refused" if sent.refused else "failed"
        self._metrics.attempts.labels(_kind(sent.row.target), result).inc()
        if sent.error is None or sent.refused:
            circuit.succeeded()
            return
        circuit.failed(time.monotonic(), random.random())  # noqa: S311 - jitter
        log.warning(
            "delivery_waits", target=sent.row.target, attempts=sent.row.attempts + 1, error=sent.error
        )

    async def _write_down(self, results: Sequence[Sent]) -> None:
        moment = now()
        async with self._database.writing() as session:
            for sent in results:
                await session.execute(
                    update(Delivery)
                    .where(Delivery.id == sent.row.id, Delivery.state == "waiting")
                    .values(self._outcome(sent))
                    .execution_options(synchronize_session=False)
                )
                if sent.error is None and sent.reference:
                    await _remember(session, sent.row, sent.reference, moment)

    def _outcome(self, sent: Sent) -> dict[str, Any]:
        row, moment = sent.row, now()
        if sent.error is None:
            return {"state": "delivered", "ended_at": moment, "taken_until": None, "last_error": None}
        attempts = row.attempts + 1
        age = timedelta(hours=self._settings.give_up_hours)
        dead = sent.refused or is_given_up(row.created_at, moment, age)
        wait = wait_before_next(
            attempts,
            first=self._settings.first_wait_seconds,
            longest=self._settings.longest_wait_seconds,
            chance=random.random(),  # noqa: S311 - jitter
        )
        if sent.retry_after is not None:
            wait = max(wait, timedelta(seconds=sent.retry_after))
        if dead:
            self._metrics.attempts.labels(_kind(row.target), "dead").inc()
            log.error("delivery_given_up", delivery=str(row.id), target=row.target, error=sent.error)
        return {
            "attempts": attempts,
            "last_error": (sent.error or "")[:300],
            "taken_until": None,
            "next_at": moment + wait,
            **({"state": "dead", "ended_at": moment} if dead else {}),
        }

    def _circuit(self, target: str) -> Circuit:
        if target not in self._circuits:
            first, longest = self._settings.first_wait_seconds, self._settings.longest_wait_seconds
            self._circuits[target] = Circuit(first=first * 2, longest=min(longest, 300.0))
        return self._circuits[target]


async def _remember(session: Any, row: Delivery, reference: str, moment: Any) -> None:
    """The case's name over there."""
    link = await session.get(LinkedCase, (row.target, row.case_id))
    if link is None:
        session.add(
            LinkedCase(
                target=row.target, case_id=row.case_id, direction="out", reference=reference[:128], at=moment
            )
        )
    elif link.reference is None:
        link.reference = reference[:128]


def _due() -> ColumnElement[bool]:
    free = or_(Delivery.taken_until.is_(None), Delivery.taken_until < now())
    return and_(Delivery.state == "waiting", Delivery.next_at <= now(), free)


def _one_before() -> ColumnElement[bool]:
    """An earlier step of the same case still waits for the same neighbour."""
    earlier = aliased(Delivery)
    return exists().where(
        earlier.target == Delivery.target,
        earlier.case_id == Delivery.case_id,
        earlier.id < Delivery.id,
        earlier.state == "waiting",
    )


def _kind(target: str) -> str:
    """The kind of a target, for labels: names of endpoints would make too many."""
    return target.partition(":")[0]


async def count_by_state(database: Database) -> dict[str, int]:
    """How many deliveries wait, how many are dead, and how many changes of our cases are set aside."""
    async with database.reading() as session:
        rows = await session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.state.in_(("waiting", "dead")))
            .group_by(Delivery.state)
        )
        counts = {str(state): int(count) for state, count in rows}
        aside = select(func.count()).where(ChangeAside.state == "aside", ~not_ours())
        counts["aside"] = int(await session.scalar(aside) or 0)
    return {state: counts.get(state, 0) for state in ("waiting", "dead", "aside")}
