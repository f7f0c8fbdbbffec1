"""Who wants no messages but those the law demands."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.notifications.models import OptOutRow
from line111.clock import now


async def set_opt_out(session: AsyncSession, hashed: bytes, *, wants_messages: bool, by: str) -> None:
    """Remembers a receiver's wish, by the keyed hash of number or address (see `masking.contact_hash`)."""
    if wants_messages:
        await session.execute(delete(OptOutRow).where(OptOutRow.contact_hash == hashed))
        return
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    row = {"contact_hash": hashed, "at": now(), "by": by[:128]}
    await session.execute(insert(OptOutRow).values(row).on_conflict_do_nothing())
