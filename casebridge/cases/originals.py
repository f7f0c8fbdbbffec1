"""What repeats were linked to, as far as the one who asks may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import false, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.cases.schemas import Original

Narrow = Callable[[Any], Any]
"""Narrows a query to what somebody may see."""


def nothing(query: Any) -> Any:
    """Narrows a query to nothing: for those of whom it is not known what they may see."""
    return query.where(false())


async def originals_of(session: AsyncSession, cases: Iterable[Case], narrow: Narrow) -> dict[UUID, Original]:
    """The originals of those among these cases that are repeats, by the repeat's id.

    Of one that is out of sight neither code nor state is told, only that there is one.
    """
    wanted = {case.id: case.linked_to for case in cases if case.linked_to is not None}
    if not wanted:
        return {}
    rows = await session.scalars(narrow(select(Case).where(Case.id.in_(set(wanted.values())))))
    seen = {case.id: _told(case) for case in rows}
    unseen = Original(id=None, tracking_code=None, status=None)
    return {repeat: seen.get(original, unseen) for repeat, original in wanted.items()}


def _told(case: Case) -> Original:
    return Original(id=case.id, tracking_code=case.tracking_code or case.told_code, status=case.status)
