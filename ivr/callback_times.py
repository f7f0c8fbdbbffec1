"""When a caller can be called back: by the bridge's calendar and hours, as they were last heard of.

The words a caller hears and the moment the bridge puts the callback in line follow one rule
(`casebridge.callbacks.rules`). While the bridge has never been reached, the calendar and hours that
came with the product are known.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from casebridge.callbacks.rules import Office, due_at, is_afternoon_left, office
from casebridge.callbacks.schemas import OfficeTimes
from casebridge.client import BridgeError
from casebridge.deadlines.rules import calendar
from casebridge.deadlines.terms import in_force
from casebridge.intakes.schemas import Wished
from persian.calendar import TEHRAN

log = logging.getLogger(__name__)


class CallbackTimes:
    """What may be promised to callers.

    Args:
        zone: the country's; days and hours are told by it.
    """

    def __init__(self, zone: ZoneInfo = TEHRAN) -> None:
        self._zone = zone
        self._office = office(in_force(), zone, calendar({}))

    def learn(self, times: OfficeTimes) -> None:
        """The bridge has said when callbacks are made; days beyond those go by the official calendar."""
        official, days_off = calendar({}), frozenset(times.days_off)

        def is_off(day: date) -> bool:
            return day in days_off if times.first <= day <= times.last else official(day)

        self._office = Office(
            times.office_begins, times.afternoon_begins, times.office_ends, self._zone, is_off
        )

    async def ask(self, bridge: Callable[[], Awaitable[OfficeTimes]]) -> None:
        """Asks the bridge; where it is away, what was known stays."""
        try:
            self.learn(await bridge())
        except BridgeError as error:
            log.warning("the times of callbacks could not be asked for: %s", error)

    def has_afternoon(self, moment: datetime) -> bool:
        """Whether a callback can still come today in the afternoon."""
        return is_afternoon_left(moment, self._office)

    def next_day(self, moment: datetime) -> date:
        """The next day after today on which callbacks are made."""
        return self.day(Wished.TOMORROW, moment)

    def day(self, wished: str, asked_at: datetime) -> date:
        """The day a callback comes that was wished at this moment."""
        return self.due_at(wished, asked_at).astimezone(self._zone).date()

    def due_at(self, wished: str, asked_at: datetime) -> datetime:
        """From when on a callback comes that was wished at this moment."""
        return due_at(Wished(wished), asked_at, self._office)

    def today(self, moment: datetime) -> date:
        """The country's day at a moment."""
        return moment.astimezone(self._zone).date()
