"""Telling applicants and units: a message is written in the transaction of what it tells of.

Delivery comes after the commit, by the background sender (`sender.py`): nothing here waits for a
provider, and nothing is told that was not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.country.service import country
from casebridge.database import insert_into
from casebridge.notifications.models import Notification, UnitContact
from casebridge.notifications.rows import message_row
from casebridge.notifications.schemas import Audience
from casebridge.notifications.texts.wording import own_wording
from line111.clock import now

MESSAGES = Notification.__table__


async def notify_applicant(
    session: AsyncSession, case_id: UUID, template: str, values: dict[str, Any], *, step: str | None = None
) -> None:
    """Tells the applicant what happened to their case (articles 4-5, 4-9, 4-17).

    Args:
        session: The transaction in which it happened; the message is kept or undone with it.
        template: The action, as in `templates.toml`.
        values: `unit` (unit code), `due_at`, `text`; nothing that identifies a person.
        step: What makes the message once only beside case and template; None: the case's version.

    Raises UnknownTemplate.
    """
    case = await session.get_one(Case, case_id)
    named = await _with_names(session, values, case.language)
    row = message_row(
        template,
        at=now(),
        key=f"{case_id}:{template}:{case.version if step is None else step}",
        language=case.language,
        values=named,
        case_id=case_id,
        tracking_code=case.tracking_code,
        own=await own_wording(session, "applicant", template, case.language),
    )
    await add(session, [row])


async def notify_unit(
    session: AsyncSession,
    unit_code: str,
    template: str,
    values: dict[str, Any],
    *,
    case_id: UUID | None = None,
    step: str | None = None,
) -> None:
    """Tells a unit what concerns it: a case that came, a deadline that comes near.

    Args:
        values: As for `notify_applicant`; may hold `case_id`.
        step: What makes the message once only; None: the case's version.

    Raises UnknownTemplate.
    """
    given = case_id or values.get("case_id")
    case = await session.get(Case, UUID(str(given))) if given else None
    language = await session.scalar(select(UnitContact.language).where(UnitContact.unit_code == unit_code))
    named = await _with_names(session, {"unit": unit_code, **values}, language or "fa")
    moment = now()
    once = step or (str(case.version) if case else moment.isoformat())
    row = message_row(
        template,
        at=moment,
        key=f"{unit_code}:{case.id if case else '-'}:{template}:{once}",
        language=language or "fa",
        values=named,
        audience=Audience.UNIT,
        case_id=case.id if case else None,
        unit_code=unit_code,
        tracking_code=case.tracking_code if case else None,
        own=await own_wording(session, "unit", template, language or "fa"),
    )
    await add(session, [row])


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Adds messages in this transaction; one whose key is there already is left out."""
    if not rows:
        return
    await session.execute(insert_into(session, Notification).on_conflict_do_nothing(), list(rows))


async def _with_names(session: AsyncSession, values: dict[str, Any], language: str) -> dict[str, Any]:
    """Units by the names people know them by."""
    unit = values.get("unit")
    if not unit:
        return dict(values)
    return {**values, "unit": (await country(session)).name(str(unit), language)}
