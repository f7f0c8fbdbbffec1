"""The official a complaint is about, where one is named: their account, and which unit is meant (10-3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.country import units
from casebridge.country.models import MembershipRow
from casebridge.country.schemas import Position
from casebridge.country.service import memberships_of
from casebridge.people.models import Account
from casebridge.people.rules import Role
from casebridge.problems import Problem
from casebridge.referrals.rules import barred, last_instance

OFFICIAL: Final = "complained_official"
"""The field in which forms name them, by user name."""
ACCOUNT: Final = "complained_account"


async def with_official(session: AsyncSession, changes: dict[str, Any]) -> dict[str, Any]:
    """What is said of a case, the official named in it as an account and, where none below them was, a unit.

    A complaint about an official is one about what they stand for, the highest of their units: it is heard
    above that. Raises Problem naming `complained_official`.
    """
    if OFFICIAL not in changes:
        return changes
    said = {name: value for name, value in changes.items() if name != OFFICIAL}
    if changes[OFFICIAL] is None:
        return said | {ACCOUNT: None}
    account = await session.scalar(select(Account).where(Account.username == changes[OFFICIAL].lower()))
    if account is None or Role.OFFICIAL not in account.roles:
        raise Problem("invalid_request", errors=[(OFFICIAL, "no_such_official")])
    held = [(one.unit_code, one.position) for one in await memberships_of(session, account.id)]
    theirs, named = stands_for(held), said.get("complained_unit")
    if theirs and (named is None or barred(named, theirs)):
        said["complained_unit"] = theirs
    return said | {ACCOUNT: account.id}


def check_may_name(case: Case, changed: Mapping[str, Any], unit: str | None) -> None:
    """Whom a case is about, once it was said, who has the last word alone changes: who hears a complaint
    could hand it to whom it is about. Raises Problem `not_allowed`."""
    named = case.complained_unit or case.complained_account
    ends_it = last_instance(case.complained_unit)
    if named and changed.keys() & {"complained_unit", ACCOUNT} and unit not in (None, ends_it):
        raise Problem("not_allowed")


def told_of(case: Case, changed: Mapping[str, Any]) -> dict[str, Any]:
    """What changes, for the history: from what to what; an account is told of by its id as text."""
    return {name: {"from": _told(getattr(case, name)), "to": _told(new)} for name, new in changed.items()}


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


async def name_of(session: AsyncSession, account_id: UUID | None) -> str | None:
    """The user name of an account; None for nobody's."""
    account = await session.get(Account, account_id) if account_id else None
    return account.username if account else None


async def officials_of(session: AsyncSession, codes: Iterable[str]) -> list[tuple[str, str]]:
    """User name and shown name of those who hold any of these units, by name."""
    held = select(Account.username, Account.display_name).distinct()
    held = held.join(MembershipRow, MembershipRow.account_id == Account.id)
    found = await session.execute(
        held.where(MembershipRow.unit_code.in_(sorted(set(codes))), Account.disabled_at.is_(None))
    )
    return sorted(((row.username, row.display_name) for row in found), key=lambda pair: pair[1])


def stands_for(held: list[tuple[str, Position]]) -> str | None:
    """The highest unit somebody stands for; one who is not its head stands for the deputies of a minister,
    a head or a governor. None: they hold nothing."""
    meant = [unit if position is Position.HEAD else units.deputies(unit) or unit for unit, position in held]
    return min(meant, key=lambda unit: (len(units.chain(unit)), unit), default=None)
