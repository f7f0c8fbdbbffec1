"""Who wants no messages but those the law demands."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.database import insert_into
from casebridge.notifications.models import OptOutRow
from line111.clock import now


async def set_opt_out(session: AsyncSession, hashed: bytes, *, wants_messages: bool, by: str) -> None:
    """Remembers a receiver's wish, by the keyed hash of number or address (see `masking.contact_hash`)."""
    action = "messages_wanted" if wants_messages else "messages_unwanted"
    await audit.write(session, by, action, "receiver", hashed.hex())
    if wants_messages:
        await session.execute(delete(OptOutRow).where(OptOutRow.contact_hash == hashed))
        return
    row = {"contact_hash": hashed, "at": now(), "by": by[:128]}
    await session.execute(insert_into(session, OptOutRow).values(row).on_conflict_do_nothing())
