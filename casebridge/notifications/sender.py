"""The background sender: takes messages whose time has come and gives each to a provider.

Any number of bridges may run one each on the same database.
"""

from __future__ import annotations

import asyncio
import secrets
import time as clock
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from casebridge.crypto import DamagedCiphertext, UnknownKey
from casebridge.notifications import delivery
from casebridge.notifications.delivery import Bound, LeaseLost
from casebridge.notifications.masking import contact_hash, masked
from casebridge.notifications.models import Notification, OptOutRow
from casebridge.notifications.providers.interface import Desk, Message, Result
from casebridge.notifications.receivers import contacts_of
from casebridge.notifications.rules import Receiver, choose, quiet_until, receiver_of
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
        for (row, cut_off), receiver in zip(taken, receivers, strict=True):
            task = asyncio.create_task(self._deliver(row, receiver, cut_off))
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
        for (row, _), receiver in zip(taken, receivers, strict=True):
            medium = receiver.medium if receiver else Medium.SMS
            (name,) = self._order(medium, receiver)[:1] or [next(iter(self._desks))]
            kept.append((row, name, self._bound(medium, receiver)))
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

    async def _deliver(self, row: Notification, receiver: Receiver | None, cut_off: bool) -> None:
        try:
            await self._one(row, receiver, cut_off)
        except LeaseLost:
            log.info("lease_lost", notification=str(row.id))

    async def _one(self, row: Notification, receiver: Receiver | None, cut_off: bool) -> None:
        medium = receiver.medium if receiver else Medium(row.medium or Medium.SMS)
        order = self._order(medium, receiver)
        bound = self._bound(medium, receiver)
        if cut_off:
            async with self._bridge.database.writing() as session:
                await delivery.account_for_vanished(session, row, self._holder, order)
            return
        if receiver is None and not order:
            return await self._nobody(row)
        if await self._unwanted(row, bound):
            return await self._settle(row, State.WITHHELD, "opted out", bound)
        if (until := self._quiet(row, medium, order)) is not None:
            return await self._postpone(row, until)
        resting = {name: self._desks[name].health.resting() for name in order}
        choice = choose(order, delivery.progress_of(row), resting)
        if choice.dead:
            return await self._settle(row, State.DEAD, row.last_error or "no provider", bound)
        if choice.provider is None:
            return await self._postpone(row, now() + timedelta(seconds=choice.wait + 0.5))
        await self._try(row, self._desks[choice.provider], receiver, bound, order)

    async def _try(
        self, row: Notification, desk: Desk, receiver: Receiver | None, bound: Bound, order: Sequence[str]
    ) -> None:
        name = desk.provider.name
        await asyncio.sleep(desk.pace.wait())
        async with self._bridge.database.writing() as session:
            attempt = await delivery.begin(session, row, self._holder, name, bound, self._lease)
        by_mail = desk.provider.medium is Medium.EMAIL
        outcome = await desk.send(
            Message(
                id=row.id,
                to=receiver.to if receiver else "",
                text=row.email_text if by_mail else row.text,
                subject=row.subject,
                language=row.language,
            )
        )
        self._bridge.metrics.messages.labels(name, outcome.result.value).inc()
        if outcome.result is Result.SENT:
            self._bridge.metrics.message_segments.labels(name).inc(1 if by_mail else row.segments)
        async with self._bridge.database.writing() as session:
            following = await delivery.end(session, row, self._holder, attempt, name, outcome, order)
        if following.state == State.DEAD:
            log.warning("message_dead", notification=str(row.id), error=outcome.error)

    async def _receivers(self, rows: Sequence[Notification]) -> list[Receiver | None]:
        offered = list(dict.fromkeys(desk.provider.medium for desk in self._desks.values()))
        found = []
        async with self._bridge.database.reading() as session:
            for row in rows:
                try:
                    contacts = await contacts_of(session, self._bridge.keys, row)
                except (UnknownKey, DamagedCiphertext) as error:
                    log.warning("receiver_unreadable", notification=str(row.id), error=type(error).__name__)
                    contacts = {}
                found.append(receiver_of(contacts, offered))
        return found

    def _order(self, medium: Medium, receiver: Receiver | None) -> list[str]:
        """Providers for a message; one that goes to nobody can still be kept here."""
        return [
            name
            for name, desk in self._desks.items()
            if desk.provider.medium is medium and (receiver is not None or desk.provider.kept_here)
        ]

    async def _unwanted(self, row: Notification, bound: Bound) -> bool:
        """Whether the receiver wants no such message, and no law demands it."""
        if row.legally_due or row.at_any_hour or row.audience == Audience.UNIT or not bound.contact_hash:
            return False
        async with self._bridge.database.reading() as session:
            return await session.get(OptOutRow, bound.contact_hash) is not None

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

    def _quiet(self, row: Notification, medium: Medium, order: Sequence[str]) -> datetime | None:
        """Until when the message has to wait for people to wake; mail wakes nobody."""
        if row.at_any_hour or medium is not Medium.SMS:
            return None
        if all(self._desks[name].provider.kept_here for name in order):
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
