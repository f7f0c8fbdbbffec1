"""Applicants: found by keyed hash, opened only where somebody answers for it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.identity import ClosedIdentity, belongs_to
from casebridge.applicants.models import Applicant
from casebridge.crypto import KeyRing
from casebridge.database import insert_into
from line111.clock import now

_BY_LOOKUP = select(Applicant.lookup, Applicant.id).where(
    Applicant.lookup.in_(bindparam("lookups", expanding=True))
)


async def ids_by_lookup(session: AsyncSession, lookups: Iterable[bytes]) -> dict[bytes, UUID]:
    """Applicants that are known already."""
    wanted = list(set(lookups))
    if not wanted:
        return {}
    rows = await session.execute(_BY_LOOKUP, {"lookups": wanted})
    return {row.lookup: row.id for row in rows}


async def applicant_of(session: AsyncSession, who: ClosedIdentity) -> UUID:
    """The applicant of this identity, made where there is none yet."""
    row = insert_into(session, Applicant).values(who.row(now()))
    await session.execute(row.on_conflict_do_nothing(index_elements=["lookup"]))
    found: UUID = (await session.scalars(select(Applicant.id).where(Applicant.lookup == who.lookup))).one()
    return found


def open_identifier(keys: KeyRing, applicant_id: UUID, sealed: bytes) -> str:
    """The identifier in clear. Mask it, or audit the look."""
    return keys.decrypt(sealed, belongs_to(applicant_id)).decode()
