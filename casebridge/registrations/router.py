"""POST /cases: a case that did not come by the line."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from casebridge.bridge import Bridge, get_bridge
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import DOCUMENTED, documented
from casebridge.registrations import service
from casebridge.registrations.schemas import RaisedBeforeDetails, Registered, RegistrationForm

router = APIRouter(tags=["cases"])
_CONFLICT = DOCUMENTED[409] | {"model": RaisedBeforeDetails}
_EXAMPLE = {
    "channel": "in_person",
    "kind": "request",
    "identifier": "9990000001",
    "text": "The street lamp has been dark for a week.",
    "county": "2301",
}


@router.post("/cases", status_code=201, responses={**documented(), 409: _CONFLICT})
async def register(
    form: Annotated[RegistrationForm, Body(examples=[_EXAMPLE])],
    bridge: Annotated[Bridge, Depends(get_bridge)],
    who: Annotated[Principal, Depends(require("cases:write"))],
) -> Registered:
    """Registers a case that came in person, by post, e-mail, fax, web or on a provincial trip (5-5, 8-2).

    A desk may register only what lies within its agency's duties; a refusal names the competent one.
    Where the applicant has likely raised the matter before, the refusal (`raised_before`) shows those cases;
    who sends the form again with their ids in `seen` registers another matter.
    """
    registered = await service.register(bridge, form, who)
    bridge.tell_on()
    return registered
