"""Delegation (article 6-1): an official lets another act for a unit, within limits, until taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casebridge.audit import service as audit
from casebridge.cartables.models import Delegation
from casebridge.cartables.schemas import DelegationForm, DelegationLine
from casebridge.country.service import memberships_of
from casebridge.people.models import Account
from casebridge.people.rules import Role
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.tables import new_id
from line111.clock import now


async def delegate(session: AsyncSession, who: Principal, form: DelegationForm) -> UUID:
    """Gives a delegation for a unit one holds; what was delegated can't be passed on.

    Raises Problem `not_allowed` (no unit of theirs), or naming `to_username` or `until_at`.
    """
    if who.account_id is None:
        raise Problem("not_allowed")
    held = {member.unit_code for member in await memberships_of(session, who.account_id)}
    if form.unit_code not in held:
        raise Problem("not_allowed")
    to = await session.scalar(
        select(Account).where(Account.username == form.to_username, Account.disabled_at.is_(None))
    )
    if to is None or Role.OFFICIAL.value not in to.roles:
        raise Problem("invalid_request", errors=[("to_username", "no_such_official")])
    if to.id == who.account_id:
        raise Problem("invalid_request", errors=[("to_username", "delegate_is_oneself")])
    if form.until_at <= now():
        raise Problem("invalid_request", errors=[("until_at", "delegation_span")])
    row = Delegation(
        id=new_id(),
        from_account=who.account_id,
        to_account=to.id,
        unit_code=form.unit_code,
        from_at=form.from_at,
        until_at=form.until_at,
        actions=sorted({act.value for act in form.actions}),
        kinds=sorted({kind.value for kind in form.kinds}),
        created_at=now(),
        revoked_at=None,
    )
    session.add(row)
    await session.flush()
    detail = {"to": form.to_username, "unit": form.unit_code, "actions": row.actions, "kinds": row.kinds}
    await audit.write(session, who.actor, "delegated", "delegation", row.id, detail=detail)
    return row.id


async def revoke(session: AsyncSession, who: Principal, delegation_id: UUID) -> None:
    """Takes a delegation back, from now on. Raises Problem `not_found` where it is not one's own."""
    row = await session.get(Delegation, delegation_id, with_for_update=True)
    if row is None or who.account_id is None or row.from_account != who.account_id:
        raise Problem("not_found")
    if row.revoked_at is None:
        row.revoked_at = now()
        await audit.write(session, who.actor, "delegation_revoked", "delegation", row.id)


async def delegations_of(session: AsyncSession, who: Principal) -> list[DelegationLine]:
    """Those one has given or got, the newest first."""
    giver, taker = aliased(Account), aliased(Account)
    query = (
        select(Delegation, giver.display_name, taker.display_name)
        .join(giver, giver.id == Delegation.from_account)
        .join(taker, taker.id == Delegation.to_account)
        .where(or_(Delegation.from_account == who.account_id, Delegation.to_account == who.account_id))
        .order_by(Delegation.created_at.desc(), Delegation.id)
        .limit(100)
    )
    moment = now()
    return [
        DelegationLine(
            id=row.id,
            from_name=from_name,
            to_name=to_name,
            unit_code=row.unit_code,
            from_at=row.from_at,
            until_at=row.until_at,
            actions=row.actions,
            kinds=row.kinds,
            state=_state(row, moment),
            mine=row.from_account == who.account_id,
        )
        for row, from_name, to_name in await session.execute(query)
    ]


def _state(row: Delegation, moment: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.until_at <= moment:
        return "ended"
    return "running" if row.from_at <= moment else "coming"
