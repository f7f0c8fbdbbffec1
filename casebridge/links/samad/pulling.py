"""Asking an outside SAMAD for changes, from where the last answer ended."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from casebridge.database import Database
from casebridge.links import receiving
from casebridge.links.fan_out import SAMAD
from casebridge.links.metrics import LinkMetrics
from casebridge.links.models import PullPlace
from casebridge.links.samad.interface import LinkError, Samad
from line111.clock import now
from line111.settings import LinksSettings

log = structlog.get_logger("casebridge.links")


class Puller:
    """Reads changes for ever. Several bridges may: a change applied twice is applied once."""

    def __init__(
        self,
        database: Database,
        samad: Samad,
        settings: LinksSettings,
        metrics: LinkMetrics,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
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

        The place moves on only after all are written down. Raises LinkError.
        """
        async with self._database.reading() as session:
            row = await session.get(PullPlace, SAMAD)
            place = row.place if row else None
        news = await self._samad.news(place)
        for change in news.changes:
            async with self._database.writing() as session:
                outcome = await receiving.take_change(session, change)
            self._metrics.received.labels(SAMAD, outcome).inc()
        if news.changes:
            self._wake()
        if news.place != place:
            async with self._database.writing() as session:
                await session.merge(PullPlace(source=SAMAD, place=news.place, at=now()))
        return bool(news.changes) and news.place != place
