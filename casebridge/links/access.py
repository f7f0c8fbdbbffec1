"""Neighbours at the door: centres by their signature, an outside SAMAD by its secret."""

from __future__ import annotations

import hmac
import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from casebridge.bridge import Bridge, get_bridge
from casebridge.links import signing
from casebridge.problems import Problem
from line111.secrets import read_secret

_signature = APIKeyHeader(name=signing.HEADER, auto_error=False, scheme_name="centre")
_bearer = HTTPBearer(auto_error=False, scheme_name="samad", description="Secret of the outside SAMAD")
CentreName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$", examples=["tehran"])]


async def signed_by_centre(
    centre: CentreName,
    request: Request,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _signed: Annotated[Any, Security(_signature)] = None,
) -> str:
    """The name of the centre that signed this request. Raises Problem `not_signed_in`."""
    return _signer(bridge, centre, await request.body(), request)


async def asked_by_centre(
    centre: CentreName,
    case_id: UUID,
    recording_id: UUID,
    request: Request,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _signed: Annotated[Any, Security(_signature)] = None,
) -> str:
    """The name of the centre that signed its question for this recording. Raises Problem `not_signed_in`."""
    return _signer(bridge, centre, signing.question(centre, case_id, recording_id), request)


async def outside_samad(
    request: Request,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _token: Annotated[Any, Security(_bearer)] = None,
) -> str:
    """Who the outside SAMAD is, by the secret its mapping names. Raises Problem `not_signed_in`."""
    mapping = bridge.neighbours.mapping
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = read_secret(bridge.settings, mapping.secret) if mapping and mapping.secret else ""
    if (
        scheme.lower() != "bearer"
        or not expected
        or not hmac.compare_digest(token.strip().encode(), expected.encode())
    ):
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    return "samad"


def _signer(bridge: Bridge, centre: str, content: bytes, request: Request) -> str:
    link = bridge.settings.links.centres.get(centre)
    header = request.headers.get(signing.HEADER, "")
    if link is None or not signing.is_genuine(
        read_secret(bridge.settings, link.secret), content, header, int(time.time())
    ):
        raise Problem("not_signed_in")
    return centre


signed_by_centre.__dict__["line111_access"] = "a centre's signature"
asked_by_centre.__dict__["line111_access"] = "a centre's signature"
outside_samad.__dict__["line111_access"] = "the outside SAMAD's secret"
