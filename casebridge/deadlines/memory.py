"""The calendar for those who open many cases: it is read once in a while, not for each."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.deadlines.rules import IsOff, answer_due, calendar, interim_due
from casebridge.deadlines.service import ZONE, working_calendar

REMEMBERED_SECONDS: Final = 30.0
"""So long an edit of the calendar may take to reach the line's new cases."""


class FirstDeadlines:
    """Deadlines by kind, level and day: all cases of one day that are alike share theirs."""

    def __init__(self) -> None:
        self._until = 0.0
        self._is_off: IsOff = calendar({})
        self._due: dict[tuple[str, str, date], datetime] = {}

    async def of(self, session: AsyncSession, kind: str, level: str, begun: datetime) -> dict[str, Any]:
        """`due_at` and `interim_due_at` of a case that was registered at this moment."""
        is_off = await self.calendar(session)
        alike = kind, level, begun.astimezone(ZONE).date()
        due = self._due.get(alike)
        if due is None:
            due = self._due[alike] = answer_due(kind, level, begun, ZONE, is_off)
        return {"due_at": due, "interim_due_at": interim_due(begun, due)}

    async def calendar(self, session: AsyncSession) -> IsOff:
        """Which days are off, as they were some seconds ago."""
        if self._until < time.monotonic():
            self._is_off = await working_calendar(session)
            self._due.clear()
            self._until = time.monotonic() + REMEMBERED_SECONDS
        return self._is_off
