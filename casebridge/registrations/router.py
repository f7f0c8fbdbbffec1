"""POST /cases: a case that did not come by the line."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from casebridge.bridge import Bridge, get_bridge
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented
from casebridge.registrations import service
from casebridge.registrations.schemas import Registered, RegistrationForm

router = APIRouter(tags=["cases"])
_EXAMPLE = {
    "channel": "in_person",
    "kind": "request",
    "identifier": "9990000001",
    "text": "The street lamp has been dark for a week.",
    "county": "2301",
}


@router.post("/cases", status_code=201, responses=documented(409))
async def register(
    form: Annotated[RegistrationForm, Body(examples=[_EXAMPLE])],
    bridge: Annotated[Bridge, Depends(get_bridge)],
    who: Annotated[Principal, Depends(require("cases:write"))],
) -> Registered:
    """Registers a case that came in person, by post, e-mail, fax, web or on a provincial trip (5-5, 8-2).

    A desk may register only what lies within its agency's duties; a refusal names the competent one.
    """
    async with bridge.database.writing() as session:
        unit = await service.registering_unit(session, who, form.unit)
        registered = await service.register(session, bridge, form, who.actor, unit=unit)
    bridge.tell_on()
    return registered
