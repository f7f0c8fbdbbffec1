"""POST /tracking-codes/leases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from casebridge.audit import service as audit
from casebridge.bridge import Bridge, get_bridge
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.tracking_codes import service
from casebridge.tracking_codes.schemas import Lease, LeaseQuestion

router = APIRouter(tags=["tracking codes"])
EXAMPLE = {"node": "n1", "holder": "ivr", "count": 200}


@router.post("/tracking-codes/leases", status_code=201, responses=documented(409))
async def lease(
    question: Annotated[LeaseQuestion, Body(examples=[EXAMPLE])],
    bridge: Annotated[Bridge, Depends(get_bridge)],
    who: Annotated[Principal, Depends(require("codes:lease"))],
) -> Lease:
    """Leases codes that this node may tell without asking again; nobody else is ever given them."""
    async with bridge.database.writing() as session:
        block_id, codes = await service.lease(
            session, bridge.codes, node=question.node, holder=question.holder, count=question.count
        )
        await audit.write(
            session,
            who.actor,
            "codes_leased",
            "code_block",
            block_id,
            detail={"node": question.node, "holder": question.holder, "count": question.count},
        )
    return Lease(block_id=block_id, codes=codes)
