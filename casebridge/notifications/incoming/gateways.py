"""What gateways send here: each with its own token, and in its own names for things."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError

from casebridge.bridge import Bridge, get_bridge
from casebridge.notifications.providers.file import HttpEntry, Mapping
from casebridge.notifications.providers.http_gateway import field_of
from casebridge.notifications.schemas import InboundMessage
from casebridge.people.service import Principal, hash_token
from casebridge.problems import Problem

SCOPE = "sms:receive"


async def sms_gateway(request: Request, bridge: Annotated[Bridge, Depends(get_bridge)]) -> Principal:
    """A dependency: the caller is a gateway that speaks our own words, with our token for it.

    Raises Problem `not_signed_in`, `not_allowed`.
    """
    token = _token_of(request)
    found = await bridge.service_by_token(token) if token else None
    if found is None:
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    if SCOPE not in found.scopes:
        raise Problem("not_allowed")
    return found


async def named_gateway(request: Request, bridge: Annotated[Bridge, Depends(get_bridge)]) -> HttpEntry:
    """A dependency: the caller is the HTTP provider that the address names, by the token it alone has, so
    that none can say what became of another's messages.

    Raises Problem `not_signed_in`; `not_allowed` for another provider.
    """
    token = _token_of(request)
    found = bridge.gateways.get(hash_token(token)) if token else None
    if found is None:
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    if found.name != request.path_params["provider"]:
        raise Problem("not_allowed")
    return found


sms_gateway.__dict__["line111_access"] = SCOPE
named_gateway.__dict__["line111_access"] = "the provider's own token"


async def given_in(request: Request) -> dict[str, Any]:
    """All a gateway has sent: JSON or a form, and what stands in the address."""
    given: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise Problem("unreadable") from None
        if not isinstance(body, dict):
            raise Problem("unreadable")
        return given | body
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        form = await request.form()
        given |= {name: value for name, value in form.items() if isinstance(value, str)}
    return given


def incoming_receipt(mapping: Mapping, given: dict[str, Any]) -> tuple[str, str]:
    """Reference and state (`delivered`, `failed`, or empty while it is on its way) of a receipt.

    Raises Problem `invalid_request` without a reference.
    """
    reference, state = field_of(given, mapping.reference), field_of(given, mapping.state)
    if not reference or not isinstance(reference, str | int):
        raise Problem("invalid_request", errors=[(mapping.reference, "missing")])
    if str(state) in mapping.delivered:
        return _plain(reference), "delivered"
    return _plain(reference), "failed" if str(state) in mapping.failed else ""


def incoming_message(mapping: Mapping, given: dict[str, Any]) -> InboundMessage:
    """A citizen's message out of a gateway's words. Raises Problem `invalid_request`."""
    reference = field_of(given, mapping.reference)
    try:
        return InboundMessage(
            sender=str(field_of(given, mapping.sender) or ""),
            text=str(field_of(given, mapping.text) or ""),
            reference=_plain(reference) if reference else None,
        )
    except ValidationError as error:
        wrong = [(str(item["loc"][0]), str(item["type"])) for item in error.errors()]
        raise Problem("invalid_request", errors=wrong) from None


def _plain(value: Any) -> str:
    """PostgreSQL takes no NUL in text."""
    return "".join(letter for letter in str(value) if letter >= " ")[:128]


def _token_of(request: Request) -> str:
    """As Bearer or, from gateways that can only put it into the address (`https://sms:TOKEN@…`), as the
    password of Basic."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return _password(given) if scheme.lower() == "basic" else given.strip()


def _password(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
