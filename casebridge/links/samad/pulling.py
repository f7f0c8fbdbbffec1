"""Asking an outside SAMAD for changes, from where the last answer ended."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.links import aside
from casebridge.links.fan_out import SAMAD
from casebridge.links.metrics import LinkMetrics
from casebridge.links.models import PullPlace
from casebridge.links.samad.interface import LinkError, Samad, Unreadable
from casebridge.links.schemas import SamadChange
from line111.clock import now
from line111.settings import LinksSettings

log = structlog.get_logger("casebridge.links")


class Puller:
    """Reads changes for ever. Several bridges may: a change applied twice is applied once.

    One that can't be read or applied is set aside, and those behind it go on.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        samad: Samad,
        settings: LinksSettings,
        metrics: LinkMetrics,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._keys = keys
        self._samad = samad
        self._seconds = settings.pull_seconds
        self._metrics = metrics
        self._wake = wake

    async def run(self) -> None:
        """Asks, and asks at once again while there is more."""
        while True:
            more = False
            try:
                more = await self.pull_once()
            except (LinkError, SQLAlchemyError, OSError) as error:
                log.warning("pull_waits", error=f"{type(error).__name__}: {error}"[:200])
            if not more:
                await asyncio.sleep(self._seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter

    async def pull_once(self) -> bool:
        """One answer's changes, each in a transaction of its own; returns whether there were any.

        The place moves on only after all are applied or set aside. Raises LinkError.
        """
        async with self._database.reading() as session:
            row = await session.get(PullPlace, SAMAD)
            place = row.place if row else None
        news = await self._samad.news(place)
        for change in news.changes:
            self._metrics.received.labels(SAMAD, await self._take(change)).inc()
        if news.changes:
            self._wake()
        if news.place != place:
            async with self._database.writing() as session:
                await session.merge(PullPlace(source=SAMAD, place=news.place, at=now()))
        return bool(news.changes) and news.place != place

    async def _take(self, change: SamadChange | Unreadable) -> str:
        try:
            async with self._database.writing() as session:
                return await aside.take(session, self._keys, change)
        except (SQLAlchemyError, OSError):  # the database is away: it stays where it is, and is read again
            raise
        except Exception as error:  # one that makes us stumble must not stop those behind it
            log.exception("change_failed")
            async with self._database.writing() as session:
                await aside.put(session, self._keys, change, aside.FAILED, type(error).__name__)
            return aside.FAILED
