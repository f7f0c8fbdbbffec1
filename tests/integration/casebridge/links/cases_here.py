"""Cases of a bridge: opened by calls, looked at again, told as steps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from casebridge.cases.models import Case
from casebridge.links.copies import read_step
from casebridge.links.fan_out import delivery_row
from casebridge.links.models import Delivery
from casebridge.links.samad.interface import Step
from casebridge.tables import new_id


async def new_case(api: Any, **changes: Any) -> Any:
    """A case as a call opens it; returns it as stored."""
    intake = api.citizen.intake((await api.codes(1))[0], **changes)
    async with api.client() as client:
        receipt = await client.post_record(intake)
    async with api.bridge.database.reading() as session:
        return await session.get(Case, receipt.case_id)


async def in_states(api: Any, *states: str) -> list[Delivery]:
    """Deliveries in these states."""
    async with api.bridge.database.reading() as session:
        rows = await session.scalars(select(Delivery).where(Delivery.state.in_(states)).order_by(Delivery.id))
        return list(rows)


async def read_case(api: Any, case_id: Any) -> Any:
    """A case as it is now."""
    async with api.bridge.database.reading() as session:
        return await session.get(Case, case_id)


async def step_of(api: Any, case: Any, action: str = "registered", *, target: str = "samad") -> Step:
    """A step as a deliverer would read it, with an id of its own."""
    row = Delivery(**delivery_row(target, new_id(), case.id, action, {}))
    async with api.bridge.database.reading() as session:
        return await read_step(session, api.bridge.keys, row)
