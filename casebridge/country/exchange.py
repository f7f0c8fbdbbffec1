"""Importing and exporting the country's tables as files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.country import editing
from casebridge.country.models import MembershipRow
from casebridge.country.schemas import (
    DutyLine,
    ImportReport,
    OfficialLine,
    RowError,
    Sheet,
    UnitChange,
)
from casebridge.country.service import country
from casebridge.country.sheets import MAX_ERRORS, Line, export_rows, read_lines, words_of
from casebridge.country.snapshot import Country
from casebridge.country.table_files import UnreadableTable, read_table, write_table
from casebridge.people.models import Account


async def read_file(sheet: Sheet, content: bytes) -> tuple[list[Line], list[RowError]]:
    """The lines of a file and what is wrong with them; read aside, so that nobody waits for a large one."""
    try:
        table = await asyncio.to_thread(read_table, content)
    except UnreadableTable:
        return [], [RowError(row=0, column="", code="unreadable_file")]
    return read_lines(sheet, table)


async def import_lines(
    session: AsyncSession,
    sheet: Sheet,
    lines: list[Line],
    errors: list[RowError],
    actor: str,
    *,
    dry: bool,
    language: str,
    address: str | None = None,
) -> ImportReport:
    """Writes what a file says, all or nothing, and tells of every row that is wrong.

    Args:
        session: a writing session; a reading one will do for a dry run.
        sheet: which table it is.
        lines: rows that were understood.
        errors: what was wrong with others.
        actor: who imports.
        dry: whether only to tell what would happen.
        language: of the errors' texts, "fa" or "en".
        address: where the request came from.
    """
    outcome = await editing.save(session, sheet, lines, actor, address=address, dry=dry or bool(errors))
    found = [*errors, *outcome.errors][:MAX_ERRORS]
    return ImportReport(
        sheet=sheet,
        rows=len(lines) + len({error.row for error in errors if error.row > 1}),
        added=len(outcome.added),
        changed=len(outcome.changed),
        removed=len(outcome.removed),
        unchanged=outcome.unchanged,
        kept=not dry and not found,
        errors=[words_of(error, language) for error in sorted(found, key=lambda error: error.row)],
    )


async def export(session: AsyncSession, sheet: Sheet, form: str, language: str | None) -> bytes:
    """A table as a file.

    Args:
        session: to read in.
        sheet: which table.
        form: "csv" or "xlsx".
        language: of headings and yes and no; None: the columns' own names.
    """
    items = await _items(session, sheet)
    rows = export_rows(sheet, items, language)
    return await asyncio.to_thread(write_table, rows, form, right_to_left=language == "fa")


async def _items(session: AsyncSession, sheet: Sheet) -> list[Any]:
    known = await country(session)
    if sheet is Sheet.OFFICIALS:
        return await _officials(session)
    found: dict[Sheet, Iterable[Any]] = {
        Sheet.PLACES: known.places.values(),
        Sheet.AGENCIES: known.agencies.values(),
        Sheet.SUBJECTS: known.subjects.values(),
        Sheet.UNITS: _changed_units(known),
        Sheet.DUTIES: [DutyLine(**duty.model_dump()) for duty in known.duty_list],
    }
    return sorted(found[sheet], key=_order)


def _order(item: Any) -> tuple[str, ...]:
    return (item.agency, item.subject) if isinstance(item, DutyLine) else (item.code,)


def _changed_units(known: Country) -> list[UnitChange]:
    """Units with something of their own: the others follow by rule, and are no lines of a table."""
    return list(known.changes.values())


async def _officials(session: AsyncSession) -> list[OfficialLine]:
    rows = await session.execute(
        select(Account.username, Account.display_name, MembershipRow.unit_code, MembershipRow.position)
        .join(Account, Account.id == MembershipRow.account_id)
        .order_by(MembershipRow.unit_code, Account.username)
    )
    return [
        OfficialLine(username=name, display_name=shown, unit_code=unit, position=position)
        for name, shown, unit, position in rows
    ]
