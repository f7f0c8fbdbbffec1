"""The first country: the files in `data/`, written where they are not there yet.

Doing it again adds what a newer release brings and leaves every edit as it is: a row that is there is
not touched, and duties come only together with a subject or agency that is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.country import editing
from casebridge.country.models import PlaceRow
from casebridge.country.schemas import Sheet
from casebridge.country.service import country
from casebridge.country.sheets import Line, read_lines
from casebridge.country.table_files import read_table

ACTOR: Final = "service:seed"
_TREES: Final = (Sheet.PLACES, Sheet.AGENCIES, Sheet.SUBJECTS)


class BrokenData(RuntimeError):
    """A data file of this release that can't be read: a fault of ours."""


async def seed(session: AsyncSession) -> dict[Sheet, int]:
    """Adds what is missing; how many rows of each table."""
    known = await country(session)
    there = {
        Sheet.PLACES: known.places.keys(),
        Sheet.AGENCIES: known.agencies.keys(),
        Sheet.SUBJECTS: known.subjects.keys(),
    }
    added: dict[Sheet, int] = {}
    new: set[str] = set()
    for sheet in _TREES:
        fresh = [line for line in first_lines(sheet) if line.item.code not in there[sheet]]
        added[sheet] = await _write(session, sheet, fresh)
        new |= {line.item.code for line in fresh} if sheet is not Sheet.PLACES else set()
    duties = [line for line in first_lines(Sheet.DUTIES) if {line.item.agency, line.item.subject} & new]
    added[Sheet.DUTIES] = await _write(session, Sheet.DUTIES, duties)
    return added


async def seed_if_empty(session: AsyncSession) -> bool:
    """Seeds a database that has no country at all; whether it did."""
    if await session.scalar(select(func.count()).select_from(PlaceRow)):
        return False
    await seed(session)
    return True


async def _write(session: AsyncSession, sheet: Sheet, lines: Iterable[Line]) -> int:
    outcome = await editing.save(session, sheet, list(lines), ACTOR)
    if outcome.errors:
        raise BrokenData(f"{sheet}: {outcome.errors[0]}")
    return len(outcome.added)


@cache
def first_lines(sheet: Sheet) -> tuple[Line, ...]:
    """The lines of a data file. Raises BrokenData."""
    content = (files("casebridge.country") / "data" / f"{sheet}.csv").read_bytes()
    lines, errors = read_lines(sheet, read_table(content))
    if errors:
        raise BrokenData(f"{sheet}.csv: {errors[0]}")
    return tuple(lines)
