"""Opening who a message goes to, at the moment it is sent."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.cases.numbers import Numbers, open_numbers
from casebridge.crypto import KeyRing
from casebridge.notifications.models import Notification, UnitContact
from casebridge.notifications.schemas import Audience


async def contacts_of(session: AsyncSession, keys: KeyRing, row: Notification) -> Numbers:
    """Numbers and address a message may go to; empty where none is known."""
    if row.target is not None:
        return {"contact_number": keys.decrypt(row.target, belongs_to(row.id)).decode()}
    if row.audience == Audience.UNIT:
        contact = await session.get(UnitContact, row.unit_code) if row.unit_code else None
        return {"contact_number": contact.phone, "email": contact.email} if contact else {}
    case = await session.get(Case, row.case_id) if row.case_id else None
    return open_numbers(keys, case) if case else {}


def close_target(keys: KeyRing, message: UUID, number: str) -> bytes:
    """A receiver encrypted for one message."""
    return keys.encrypt(number.encode(), belongs_to(message))


def belongs_to(message: UUID) -> str:
    """What an encrypted receiver is bound to."""
    return f"message:{message}"
