"""Writing to the country's tables: edits on screen, imports and the first data all come through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.country.checks import check, parents_first, parts_of
from casebridge.country.models import AgencyRow, DutyRow, MembershipRow, PlaceRow, SubjectRow, UnitRow
from casebridge.country.schemas import OfficialLine, RowError, Sheet, UnitChange
from casebridge.country.service import country, touch
from casebridge.country.sheets import SHAPES, Line
from casebridge.country.units import superior
from casebridge.people.models import Account
from casebridge.people.rules import Role
from casebridge.problems import Problem
from line111.clock import now

MOST_TOLD: Final = 50
"""Codes named in a line of the audit trail; an import of more tells how many."""
_TABLES: Final[dict[Sheet, Any]] = {
    Sheet.PLACES: PlaceRow.__table__,
    Sheet.AGENCIES: AgencyRow.__table__,
    Sheet.UNITS: UnitRow.__table__,
    Sheet.SUBJECTS: SubjectRow.__table__,
    Sheet.DUTIES: DutyRow.__table__,
    Sheet.OFFICIALS: MembershipRow.__table__,
}
Key = tuple[Any, ...]


@dataclass
class Outcome:
    """What was written, by key; `errors` where nothing was."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


async def save_one(
    session: AsyncSession, sheet: Sheet, item: Any, actor: str, *, address: str | None = None
) -> None:
    """Writes one line. Raises Problem `invalid_request` naming the field that does not fit."""
    outcome = await save(session, sheet, [Line(0, item)], actor, address=address)
    if outcome.errors:
        raise Problem("invalid_request", errors=[(error.column, error.code) for error in outcome.errors])


async def save(
    session: AsyncSession,
    sheet: Sheet,
    lines: Sequence[Line],
    actor: str,
    *,
    address: str | None = None,
    dry: bool = False,
) -> Outcome:
    """Adds and changes what the lines say; what no line names stays.

    Everything or nothing: with one error, or `dry`, nothing is written.
    """
    accounts = await _accounts(session) if sheet is Sheet.OFFICIALS else {}
    officials = {name: is_official for name, (_, is_official) in accounts.items()}
    errors = check(sheet, lines, await country(session), officials)
    if errors:
        return Outcome(errors=errors)
    ids = {name: account_id for name, (account_id, _) in accounts.items()}
    plan, outcome = await _plan(session, sheet, lines, ids)
    if not dry and plan.any:
        await plan.carry_out(session)
        await touch(session)
        await audit.write(
            session, actor, "country_changed", "country", sheet, address=address, detail=_told(outcome)
        )
    return outcome


@dataclass
class _Plan:
    """Rows to write to one table."""

    table: Any
    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[Key, dict[str, Any]]] = field(default_factory=list)
    removed: list[Key] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    async def carry_out(self, session: AsyncSession) -> None:
        if self.added:
            await session.execute(insert(self.table), self.added)
        for key, values in self.changed:
            await session.execute(update(self.table).where(*self._is(key)).values(values))
        for key in self.removed:
            await session.execute(delete(self.table).where(*self._is(key)))

    def _is(self, key: Key) -> list[Any]:
        return [column == value for column, value in zip(self.table.primary_key, key, strict=True)]


async def _plan(
    session: AsyncSession, sheet: Sheet, lines: Sequence[Line], accounts: dict[str, UUID]
) -> tuple[_Plan, Outcome]:
    plan, outcome = _Plan(_TABLES[sheet]), Outcome()
    names = [column.name for column in plan.table.primary_key]
    there = {
        tuple(row[name] for name in names): dict(row)
        for row in (await session.execute(select(plan.table))).mappings()
    }
    items = [line.item for line in lines]
    if sheet in {Sheet.PLACES, Sheet.AGENCIES, Sheet.SUBJECTS}:
        items = parents_first(items)
    for item in items:
        row = _row(sheet, item, accounts)
        key = tuple(row[name] for name in names)
        _place(plan, outcome, there.get(key), key, row, item, told=_called(sheet, item))
    return plan, outcome


def _place(
    plan: _Plan,
    outcome: Outcome,
    before: dict[str, Any] | None,
    key: Key,
    row: dict[str, Any],
    item: Any,
    *,
    told: str,
) -> None:
    """Puts a row where it belongs in the plan: to add, to change, to remove, or nowhere."""
    if getattr(item, "remove", False):
        if before is None:
            outcome.unchanged += 1
        else:
            plan.removed.append(key)
            outcome.removed.append(told)
    elif before is None and not (isinstance(item, UnitChange) and item == UnitChange(code=item.code)):
        plan.added.append(row)
        outcome.added.append(told)
    elif before is not None and any(before[name] != row[name] for name in row if name != "since"):
        plan.changed.append((key, {name: value for name, value in row.items() if name != "since"}))
        outcome.changed.append(told)
    else:
        outcome.unchanged += 1


def _row(sheet: Sheet, item: Any, accounts: dict[str, UUID]) -> dict[str, Any]:
    if isinstance(item, OfficialLine):
        return {
            "account_id": accounts[item.username.lower()],
            "unit_code": item.unit_code,
            "position": item.position.value,
            "since": now(),
        }
    row: dict[str, Any] = item.model_dump(mode="json", exclude={"remove"})
    if sheet is Sheet.UNITS:
        row |= parts_of(item.code) | {"parent": superior(item.code)}
    return row


def _called(sheet: Sheet, item: Any) -> str:
    return " ".join(str(getattr(item, name)) for name in SHAPES[sheet].key)


def _told(outcome: Outcome) -> dict[str, Any]:
    parts = {"added": outcome.added, "changed": outcome.changed, "removed": outcome.removed}
    return {name: keys if len(keys) <= MOST_TOLD else len(keys) for name, keys in parts.items() if keys}


async def _accounts(session: AsyncSession) -> dict[str, tuple[UUID, bool]]:
    """Accounts in use by name, and whether each is an official's: nobody else holds a unit."""
    found = select(Account.username, Account.id, Account.roles).where(Account.disabled_at.is_(None))
    return {row.username: (row.id, Role.OFFICIAL in row.roles) for row in await session.execute(found)}
