"""Applicants: found by keyed hash, opened only where somebody answers for it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.crypto import KeyRing

_BY_LOOKUP = select(Applicant.lookup, Applicant.id).where(
    Applicant.lookup.in_(bindparam("lookups", expanding=True))
)


def belongs_to(applicant_id: UUID) -> str:
    """Associated data of an applicant's identifier."""
    return f"applicant:{applicant_id}"


async def ids_by_lookup(session: AsyncSession, lookups: Iterable[bytes]) -> dict[bytes, UUID]:
    """Applicants that are known already."""
    wanted = list(set(lookups))
    if not wanted:
        return {}
    rows = await session.execute(_BY_LOOKUP, {"lookups": wanted})
    return {row.lookup: row.id for row in rows}


def open_identifier(keys: KeyRing, applicant_id: UUID, sealed: bytes) -> str:
    """The identifier in clear. Mask it, or audit the look."""
    return keys.decrypt(sealed, belongs_to(applicant_id)).decode()
