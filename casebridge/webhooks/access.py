"""Who an agency's system is: the bearer of an endpoint's token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from casebridge.bridge import Bridge, get_bridge
from casebridge.problems import Problem
from casebridge.webhooks import service
from casebridge.webhooks.models import Webhook

_bearer = HTTPBearer(auto_error=False, scheme_name="agency", description="Token of an agency's endpoint")


async def agency_endpoint(
    request: Request,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _token: Annotated[Any, Security(_bearer)] = None,
) -> Webhook:
    """The endpoint that speaks. Raises Problem `not_signed_in`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token.strip():
        async with bridge.database.reading() as session:
            found = await service.by_token(session, token.strip())
    if found is None:
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    return found


agency_endpoint.__dict__["line111_access"] = "agency"
AgencyEndpoint = Annotated[Webhook, Depends(agency_endpoint)]
