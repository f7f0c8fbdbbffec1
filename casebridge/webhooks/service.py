"""Endpoints of agencies: registering, ending, who is told of what, who answers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases.models import Case
from casebridge.crypto import KeyRing
from casebridge.links.fan_out import CaseEvent
from casebridge.people.service import hash_token
from casebridge.problems import Problem
from casebridge.referrals.models import Referral
from casebridge.tables import new_id
from casebridge.webhooks.models import Webhook
from casebridge.webhooks.rules import agency_of, is_theirs, may_still_hear
from casebridge.webhooks.schemas import NewWebhook, WebhookForm, WebhookView
from line111.clock import now

TARGET = "webhook:"
MOVES = frozenset({"referred", "returned", "escalated", "second_review"})
"""Actions by which a case may leave an agency."""


async def register(session: AsyncSession, keys: KeyRing, form: WebhookForm, actor: str) -> NewWebhook:
    """Makes an endpoint with a secret and a token of its own; the answer shows them for the only time."""
    secret, token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    webhook_id = new_id()
    row = Webhook(
        id=webhook_id,
        agency=form.agency,
        name=form.name,
        url=form.url,
        actions=list(form.actions),
        secret=keys.encrypt(secret.encode(), belongs_to(webhook_id)),
        key_number=keys.current,
        token_hash=hash_token(token),
        created_at=now(),
        created_by=actor,
    )
    session.add(row)
    await session.flush()
    detail = {"agency": form.agency, "url": form.url}
    await audit.write(session, actor, "webhook_registered", "webhook", webhook_id, detail=detail)
    return NewWebhook(webhook=view(row), secret=secret, token=token)


async def disable(session: AsyncSession, webhook_id: UUID, actor: str) -> None:
    """Ends an endpoint: nothing is sent any more, its token opens nothing. Raises Problem `not_found`."""
    row = await get(session, webhook_id)
    if row.disabled_at is None:
        row.disabled_at = now()
        await audit.write(session, actor, "webhook_disabled", "webhook", webhook_id)


async def get(session: AsyncSession, webhook_id: UUID) -> Webhook:
    """An endpoint. Raises Problem `not_found`."""
    row = await session.get(Webhook, webhook_id)
    if row is None:
        raise Problem("not_found")
    return row


async def list_webhooks(session: AsyncSession) -> list[WebhookView]:
    """All endpoints, those in use first."""
    rows = await session.scalars(
        select(Webhook).order_by(Webhook.disabled_at.is_not(None), Webhook.agency, Webhook.id)
    )
    return [view(row) for row in rows]


async def by_token(session: AsyncSession, token: str) -> Webhook | None:
    """The endpoint whose token this is, where it is in use."""
    found: Webhook | None = await session.scalar(
        select(Webhook).where(Webhook.token_hash == hash_token(token), Webhook.disabled_at.is_(None))
    )
    return found


async def listeners(session: AsyncSession, events: Sequence[CaseEvent]) -> dict[UUID, list[str]]:
    """Endpoints that must hear of each event: of the agency that has the case, and the one it leaves."""
    webhooks = list(await session.scalars(select(Webhook).where(Webhook.disabled_at.is_(None))))
    if not webhooks:
        return {}
    found = await session.execute(
        select(Case.id, Case.owner_unit, Case.complained_unit).where(
            Case.id.in_({event.case_id for event in events})
        )
    )
    cases = {row.id: row for row in found}
    came_from = await _came_from(session, [event.case_id for event in events if event.action in MOVES])
    told: dict[UUID, list[str]] = {}
    for event in events:
        case = cases.get(event.case_id)
        if case is None:
            continue
        owner = event.detail.get("owner_unit", case.owner_unit)  # as it was then, where the event says so
        left = agency_of(came_from.get(event.case_id)) if event.action in MOVES else None
        told[event.event_id] = [
            f"{TARGET}{row.id}"
            for row in webhooks
            if (not row.actions or event.action in row.actions)
            and (
                is_theirs(row.agency, owner, case.complained_unit)
                or (left == row.agency and may_still_hear(row.agency, case.complained_unit))
            )
        ]
    return told


async def _came_from(session: AsyncSession, case_ids: list[UUID]) -> dict[UUID, str | None]:
    """The unit each of these cases was with before its last referral."""
    if not case_ids:
        return {}
    rows = await session.execute(
        select(Referral.case_id, Referral.from_unit)
        .where(Referral.case_id.in_(case_ids))
        .order_by(Referral.id)
    )
    return {row.case_id: row.from_unit for row in rows}


def belongs_to(webhook_id: UUID) -> str:
    """Associated data of an endpoint's secret."""
    return f"webhook:{webhook_id}"


def view(row: Webhook) -> WebhookView:
    """An endpoint as operators see it."""
    return WebhookView(
        id=row.id,
        agency=row.agency,
        name=row.name,
        url=row.url,
        actions=row.actions,
        created_at=row.created_at,
        created_by=row.created_by,
        disabled_at=row.disabled_at,
    )
