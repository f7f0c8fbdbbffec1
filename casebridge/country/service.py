"""Reading and editing the country; each edit is one step in the caller's transaction.

`country(session)` gives the snapshot. It is read again only where the edition in the database is
another than the one in memory, so that every process sees an edit with its next question.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.country.models import (
    AgencyRow,
    CountryEdition,
    DutyRow,
    MembershipRow,
    PlaceRow,
    SubjectRow,
    UnitRow,
)
from casebridge.country.schemas import Agency, Duty, Membership, Place, Subject, UnitChange
from casebridge.country.snapshot import Country
from casebridge.people.models import Account

_EDITION_ROW = 1
_snapshots: WeakKeyDictionary[Engine, Country] = WeakKeyDictionary()


async def country(session: AsyncSession) -> Country:
    """The country as this session sees it; one small query where nothing has changed."""
    edition = await _edition(session)
    engine = _engine_of(session)
    kept = _snapshots.get(engine)
    if kept is not None and kept.edition == edition:
        return kept
    fresh = await _read(session, edition)
    _snapshots[engine] = fresh
    return fresh


async def touch(session: AsyncSession) -> None:
    """Says that the country has changed. A new, random name: one undone never comes back as another."""
    row = await session.get(CountryEdition, _EDITION_ROW)
    if row is None:
        session.add(CountryEdition(id=_EDITION_ROW, edition=uuid4().hex))
    else:
        row.edition = uuid4().hex
    await session.flush()


async def memberships_of(session: AsyncSession, account_id: UUID) -> list[Membership]:
    """The units a person holds or works in, those they head first."""
    return await _memberships(session, MembershipRow.account_id == account_id)


async def members_of(session: AsyncSession, unit_code: str) -> list[Membership]:
    """The people of a unit, its head first."""
    return await _memberships(session, MembershipRow.unit_code == unit_code)


async def _memberships(session: AsyncSession, which: Any) -> list[Membership]:
    found = await session.execute(
        select(MembershipRow, Account.username, Account.display_name)
        .join(Account, Account.id == MembershipRow.account_id)
        .where(which, Account.disabled_at.is_(None))
        .order_by(MembershipRow.unit_code, Account.username)
    )
    rank = {"head": 0, "deputy": 1, "staff": 2}
    members = [
        Membership(
            account_id=row.account_id,
            username=username,
            display_name=display_name,
            unit_code=row.unit_code,
            position=row.position,
            since=row.since,
        )
        for row, username, display_name in found
    ]
    return sorted(members, key=lambda member: (rank[member.position], member.unit_code, member.username))


async def _edition(session: AsyncSession) -> str:
    return await session.scalar(select(CountryEdition.edition)) or ""


def _engine_of(session: AsyncSession) -> Engine:
    bind: Engine | Connection = session.get_bind()
    return bind.engine


async def _read(session: AsyncSession, edition: str) -> Country:
    """Rows were checked when they were written: here they are only put into shape."""

    async def rows(table: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in (await session.execute(select(table.__table__))).mappings()]

    changes = [_changed(row) for row in await rows(UnitRow)]
    return Country(
        edition=edition,
        places={row["code"]: Place(**row) for row in await rows(PlaceRow)},
        agencies={row["code"]: Agency(**row) for row in await rows(AgencyRow)},
        subjects={row["code"]: Subject(**row) for row in await rows(SubjectRow)},
        duty_list=tuple(Duty(**row) for row in await rows(DutyRow)),
        changes={change.code: change for change in changes},
    )


def _changed(row: dict[str, Any]) -> UnitChange:
    return UnitChange(**{name: row[name] for name in UnitChange.model_fields})
