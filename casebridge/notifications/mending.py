"""What people do with messages: send a dead one again, say where a unit is told, word a template."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.database import insert_into
from casebridge.notifications.incoming import receipts
from casebridge.notifications.models import Notification, UnitContact, Wording
from casebridge.notifications.schemas import Contact, State, WordingChange
from casebridge.notifications.texts.templates import PLACES, places_in, template
from casebridge.problems import Problem
from line111.clock import now

RESENDABLE = (State.DEAD.value, State.UNREACHABLE.value)
MOST_AT_ONCE = 1000


async def resend(session: AsyncSession, message_id: UUID, actor: str, *, address: str | None = None) -> None:
    """A message that has come to its end begins anew, with every provider.

    Raises Problem `not_found`, `message_not_dead`.
    """
    row = await session.get(Notification, message_id, with_for_update=True)
    if row is None:
        raise Problem("not_found")
    if row.state not in RESENDABLE:
        raise Problem("message_not_dead")
    await receipts.forget(session, message_id)
    await _begin_anew(session, [message_id])
    await audit.write(session, actor, "message_resent", "notification", message_id, address=address)


async def resend_dead(session: AsyncSession, actor: str, *, address: str | None = None) -> int:
    """All dead messages, oldest first, as many as are wise at once; returns how many."""
    picked = select(Notification.id).where(Notification.state == State.DEAD.value)
    ids = (await session.scalars(picked.order_by(Notification.created_at).limit(MOST_AT_ONCE))).all()
    if not ids:
        return 0
    for message_id in ids:
        await receipts.forget(session, message_id)
    await _begin_anew(session, list(ids))
    detail = {"count": len(ids)}
    await audit.write(
        session, actor, "message_resent", "notification", "dead", address=address, detail=detail
    )
    return len(ids)


async def set_contact(session: AsyncSession, unit_code: str, contact: Contact, actor: str) -> None:
    """Where a unit is told what concerns it; without address and number it is told in its cartable alone."""
    await session.execute(delete(UnitContact).where(UnitContact.unit_code == unit_code))
    if contact.email or contact.phone:
        session.add(
            UnitContact(
                unit_code=unit_code,
                email=contact.email,
                phone=contact.phone,
                language=contact.language,
                updated_at=now(),
            )
        )
    await audit.write(session, actor, "unit_contact_set", "unit", unit_code)


async def contacts(session: AsyncSession) -> dict[str, Contact]:
    """Units' contacts by unit code."""
    rows = await session.scalars(select(UnitContact).order_by(UnitContact.unit_code))
    return {row.unit_code: Contact(email=row.email, phone=row.phone, language=row.language) for row in rows}


async def contact_of(session: AsyncSession, unit_code: str) -> Contact:
    """Where a unit is told; without address and number: in its cartable alone."""
    row = await session.get(UnitContact, unit_code)
    return Contact(email=row.email, phone=row.phone, language=row.language) if row else Contact()


async def set_wording(
    session: AsyncSession, audience: str, name: str, language: str, change: WordingChange, actor: str
) -> None:
    """The centre's own words for a template, from the next message on.

    Raises UnknownTemplate, and Problem naming the field with a place that no message fills.
    """
    pattern = template(audience, name, language)
    texts = change.model_dump()
    wrong = [(field, "place_unknown") for field, text in texts.items() if places_in(text) - PLACES]
    if wrong:
        raise Problem("invalid_request", errors=wrong)
    marks = {"updated_at": now(), "updated_by": actor[:128]}
    key = {"audience": audience, "template": name, "language": pattern.language}
    statement = insert_into(session, Wording).values(**key, **texts, **marks)
    await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_={**texts, **marks}))
    await audit.write(session, actor, "wording_set", "template", f"{audience}.{name}.{language}")


async def reset_wording(session: AsyncSession, audience: str, name: str, language: str, actor: str) -> None:
    """Back to the words that came with the system."""
    await session.execute(
        delete(Wording).where(
            Wording.audience == audience, Wording.template == name, Wording.language == language
        )
    )
    await audit.write(session, actor, "wording_set", "template", f"{audience}.{name}.{language}")


async def _begin_anew(session: AsyncSession, ids: list[UUID]) -> None:
    await session.execute(
        update(Notification)
        .where(Notification.id.in_(ids))
        .values(
            state=State.WAITING.value,
            refused_by=[],
            failed_by=[],
            rounds=0,
            asked=None,
            next_at=now(),
            taken_until=None,
            taken_by=None,
        )
        .execution_options(synchronize_session=False)
    )
