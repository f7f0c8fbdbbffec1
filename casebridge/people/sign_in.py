"""Signing in by the API and by the screens' door: the same brake on guessing at both."""

from __future__ import annotations

from casebridge.bridge import Bridge
from casebridge.people import service
from casebridge.people.service import SignedIn

SIGN_INS_FROM_ONE_ADDRESS = 60
SIGN_IN_SECONDS = 300
"""So many failed sign-ins from one address within this time; then it waits."""


async def throttled_sign_in(
    bridge: Bridge, address: str | None, username: str, password: str
) -> SignedIn | None:
    """Signs a person in, slowed down by name and by address; None where name or password is wrong.

    An address may be a whole house of agents: those who sign in rightly do not count.

    Raises Problem `too_many_attempts`.
    """
    await bridge.throttle.attempt(
        "sign-in", address or "unknown", limit=SIGN_INS_FROM_ONE_ADDRESS, seconds=SIGN_IN_SECONDS
    )
    signed_in = await service.sign_in(
        bridge.database, username, password, hours=bridge.settings.bridge.session_hours, address=address
    )
    if signed_in is not None:
        await bridge.throttle.forgive("sign-in", address or "unknown")
    return signed_in
