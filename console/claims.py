"""Callbacks an agent has in hand, with the number to call: shown to nobody else."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.callbacks import service as callbacks
from casebridge.callbacks.models import CallbackRow
from casebridge.callbacks.schemas import Callback, State
from casebridge.cases.models import Case
from casebridge.crypto import KeyRing


async def held_by(session: AsyncSession, keys: KeyRing, agent: str) -> list[Callback]:
    """Claimed callbacks of this agent, the number opened: the claim itself was audited."""
    rows = await session.execute(
        select(CallbackRow.id, Case)
        .join(Case, Case.id == CallbackRow.case_id)
        .where(CallbackRow.state == State.CLAIMED.value, CallbackRow.claimed_by == agent)
        .order_by(CallbackRow.claimed_at)
    )
    held = []
    for callback_id, case in rows:
        callback = await callbacks.get_callback(session, callback_id)
        held.append(callback.model_copy(update={"contact_number": _number(keys, case)}))
    return held


def _number(keys: KeyRing, case: Case) -> str | None:
    if case.numbers is None:
        return None
    numbers: dict[str, str | None] = json.loads(keys.decrypt(case.numbers, f"case:{case.id}"))
    return numbers.get("contact_number") or numbers.get("caller_number")
