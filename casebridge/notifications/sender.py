"""The background sender: takes messages whose time has come and gives each to a provider.

Any number of bridges may run one each on the same database.
"""

from __future__ import annotations

import asyncio
import secrets
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from casebridge.crypto import DamagedCiphertext, UnknownKey
from casebridge.notifications import delivery
from casebridge.notifications.delivery import Bound, LeaseLost
from casebridge.notifications.masking import contact_hash, masked
from casebridge.notifications.models import Notification, OptOutRow
from casebridge.notifications.providers.interface import Desk, Message, Result
from casebridge.notifications.receivers import contacts_of
from casebridge.notifications.rules import (
    Receiver,
    choose,
    provider_of,
    quiet_until,
    receivers_of,
    way_name,
)
from casebridge.notifications.schemas import Audience, Medium, State
from line111.clock import now

if TYPE_CHECKING:
    from casebridge.bridge import Bridge

IDLE_SECONDS = 2.0
GATHER_SECONDS = 0.03
"""Between two rounds that took something: one commit takes as many as there are places free by then."""
KEPT_AT_ONCE = 200
GRACE_SECONDS = 8.0
"""How long messages on their way have to end when the bridge stops."""
log = structlog.get_logger("casebridge.notifications")


@dataclass(frozen=True, slots=True)
class Way:
    """One provider and one receiver of a message; without a receiver it is kept here."""

    desk: Desk
    receiver: Receiver | None
    bound: Bound


class Sender:
    """Sends what waits. `run` until cancelled; `wake` after a commit.

    Args:
        bridge: Database, keys, metrics, settings.
        desks: The providers, best first.
    """

    def __init__(self, bridge: Bridge, desks: Sequence[Desk]) -> None:
        self._bridge = bridge
        self._desks = {desk.provider.name: desk for desk in desks}
        settings = bridge.settings.notifications
        self._kept_here = all(desk.provider.kept_here for desk in desks)
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._slots = settings.parallel
        self._zone = ZoneInfo(bridge.settings.country_timezone)
        self._holder = f"{bridge.settings.node}:{secrets.token_hex(6)}"[:64]
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There is something new to send."""
        self._wake.set()

    async def run(self) -> None:
        """Sends for ever; the database away only makes it wait."""
        try:
            while True:
                try:
                    taken = await self.round()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("sender_waits", error=type(error).__name__)
                    taken = 0
                    await asyncio.sleep(1)
                await (asyncio.sleep(GATHER_SECONDS) if taken else self._pause())
        finally:
            await self._let_end()

    async def round(self) -> int:
        """Takes what is due, as far as there are free places; returns how many messages that were."""
        free = self._slots - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        if self._kept_here:
            return await self._keep_all()
        taken = await delivery.take(self._bridge.database, self._holder, self._lease, free)
        receivers = await self._receivers([row for row, _ in taken])
        for (row, cut_off), written_to in zip(taken, receivers, strict=True):
            task = asyncio.create_task(self._deliver(row, self._ways(row, written_to), cut_off))
            self._running.add(task)
            task.add_done_callback(self._done)
        return len(taken)

    async def _keep_all(self) -> int:
        """The embedded outbox alone: nobody is waited for, so a flood of messages costs few commits."""
        taken = await delivery.take(self._bridge.database, self._holder, self._lease, KEPT_AT_ONCE)
        if not taken:
            return 0
        kept = []
        receivers = await self._receivers([row for row, _ in taken])
        for (row, _), written_to in zip(taken, receivers, strict=True):
            ways = self._ways(row, written_to)
            name = provider_of(next(iter(ways or self._desks)))
            bound = next((way.bound for way in ways.values()), self._bound(Medium.SMS, None))
            kept.append((row, name, bound))
        async with self._bridge.database.writing() as session:
            await delivery.keep(session, self._holder, kept)
        for _, name, _ in kept:
            self._bridge.metrics.messages.labels(name, Result.SENT.value).inc()
        return len(taken)

    async def settled(self) -> None:
        """Returns when everything taken has ended (for tests and for a stop in peace)."""
        while self._running:
            await asyncio.wait(self._running)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.warning("message_not_settled", error=type(error).__name__)

    async def _let_end(self) -> None:
        """Messages on their way end first: one cut off may be sent twice. Further cancellations wait."""
        until = clock.monotonic() + GRACE_SECONDS
        while self._running and (left := until - clock.monotonic()) > 0:
            try:
                await asyncio.wait(self._running, timeout=left)
            except asyncio.CancelledError:
                continue

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _deliver(self, row: Notification, ways: dict[str, Way], cut_off: bool) -> None:
        try:
            await self._one(row, ways, cut_off)
        except LeaseLost:
            log.info("lease_lost", notification=str(row.id))

    async def _one(self, row: Notification, ways: dict[str, Way], cut_off: bool) -> None:
        if cut_off:
            async with self._bridge.database.writing() as session:
                await delivery.account_for_vanished(session, row, self._holder, list(ways))
            return
        if not ways:
            return await self._nobody(row)
        first = next(iter(ways.values())).bound
        ways = await self._wanted(row, ways)
        if not ways:
            return await self._settle(row, State.WITHHELD, "opted out", first)
        resting = {name: desk.health.resting() for name, desk in self._desks.items()}
        choice = choose(list(ways), delivery.progress_of(row), resting)
        if choice.dead:
            return await self._settle(row, State.DEAD, row.last_error or "no provider", first)
        if choice.way is None:
            return await self._postpone(row, now() + timedelta(seconds=choice.wait + 0.5))
        if (until := self._quiet(row, ways[choice.way].desk)) is not None:
            return await self._postpone(row, until)
        await self._try(row, choice.way, ways)

    async def _try(self, row: Notification, name: str, ways: dict[str, Way]) -> None:
        way = ways[name]
        provider = way.desk.provider
        await asyncio.sleep(way.desk.pace.wait())
        async with self._bridge.database.writing() as session:
            attempt = await delivery.begin(session, row, self._holder, name, way.bound, self._lease)
        by_mail = provider.medium is Medium.EMAIL
        outcome = await way.desk.send(
            Message(
                id=row.id,
                to=way.receiver.to if way.receiver else "",
                text=row.email_text if by_mail else row.text,
                subject=row.subject,
                language=row.language,
            )
        )
        self._bridge.metrics.messages.labels(provider.name, outcome.result.value).inc()
        if outcome.result is Result.SENT:
            self._bridge.metrics.message_segments.labels(provider.name).inc(1 if by_mail else row.segments)
        async with self._bridge.database.writing() as session:
            following = await delivery.end(session, row, self._holder, attempt, name, outcome, list(ways))
        if following.state == State.DEAD:
            log.warning("message_dead", notification=str(row.id), error=outcome.error)

    async def _receivers(self, rows: Sequence[Notification]) -> list[list[Receiver]]:
        offered = list(dict.fromkeys(desk.provider.medium for desk in self._desks.values()))
        found = []
        async with self._bridge.database.reading() as session:
            for row in rows:
                try:
                    contacts = await contacts_of(session, self._bridge.keys, row)
                except (UnknownKey, DamagedCiphertext) as error:
                    log.warning("receiver_unreadable", notification=str(row.id), error=type(error).__name__)
                    contacts = {}
                found.append(receivers_of(contacts, offered))
        return found

    def _ways(self, row: Notification, receivers: Sequence[Receiver]) -> dict[str, Way]:
        """All ways a message may go, best first: each receiver by each provider for what it reads.

        To be kept here comes after all that may reach somebody; what goes to nobody can be kept, too.
        """
        ways: dict[str, Way] = {}
        for receiver in receivers or (None,):
            medium = receiver.medium if receiver else Medium(row.medium or Medium.SMS)
            bound = self._bound(medium, receiver)
            for name, desk in self._desks.items():
                if desk.provider.medium is medium and (receiver is not None or desk.provider.kept_here):
                    ways[way_name(name, bound.contact_hash)] = Way(desk, receiver, bound)
        return dict(sorted(ways.items(), key=lambda way: way[1].desk.provider.kept_here))

    async def _wanted(self, row: Notification, ways: dict[str, Way]) -> dict[str, Way]:
        """The ways on which the receiver wants it; none where they said so at their first number."""
        hashes = [way.bound.contact_hash for way in ways.values() if way.bound.contact_hash]
        if row.legally_due or row.at_any_hour or row.audience == Audience.UNIT or not hashes:
            return ways
        query = select(OptOutRow.contact_hash).where(OptOutRow.contact_hash.in_(hashes))
        async with self._bridge.database.reading() as session:
            unwanted = set(await session.scalars(query))
        if hashes[0] in unwanted:
            return {}
        return {name: way for name, way in ways.items() if way.bound.contact_hash not in unwanted}

    async def _nobody(self, row: Notification) -> None:
        """Somebody must look after an applicant without a number; a unit sees it in its cartable."""
        if row.audience == Audience.UNIT:
            return await self._settle(row, State.WITHHELD, "told in its cartable alone")
        await self._settle(row, State.UNREACHABLE, "no number or address")

    def _bound(self, medium: Medium, receiver: Receiver | None) -> Bound:
        if receiver is None:
            return Bound(medium.value, None, None)
        key = self._bridge.lookup_key
        return Bound(medium.value, contact_hash(key, receiver.to), masked(receiver.to))

    def _quiet(self, row: Notification, desk: Desk) -> datetime | None:
        """Until when the message has to wait for people to wake; mail wakes nobody."""
        if row.at_any_hour or desk.provider.medium is not Medium.SMS or desk.provider.kept_here:
            return None
        settings = self._bridge.settings.notifications
        return quiet_until(now(), self._zone, settings.quiet_from, settings.quiet_until)

    async def _postpone(self, row: Notification, until: datetime) -> None:
        async with self._bridge.database.writing() as session:
            await delivery.postpone(session, row, self._holder, until)

    async def _settle(self, row: Notification, state: State, error: str, bound: Bound | None = None) -> None:
        async with self._bridge.database.writing() as session:
            await delivery.settle(session, row, self._holder, state, error, bound)
        self._bridge.metrics.messages.labels("none", state.value).inc()
