"""What a call asks of the bridge, in the conversation's words."""

from __future__ import annotations

from casebridge.client import BridgeClient, BridgeRefused, BridgeUnavailable
from ivr.line import BridgeAway, Followed

_TOO_OFTEN = 429


async def follow_up(bridge: BridgeClient, code: str, kind: str, identifier: str) -> Followed | None:
    """The case of a code and an identifier; None where they do not belong together.

    Raises:
        BridgeAway: not to be asked now, or this code was tried too often.
    """
    try:
        found = await bridge.follow_up(code, kind, identifier)
    except BridgeUnavailable as error:
        raise BridgeAway(str(error)) from error
    except BridgeRefused as refused:
        if refused.status == _TOO_OFTEN:
            raise BridgeAway("asked too often") from refused
        raise
    if found is None:
        return None
    waiting = found.callback is not None and found.callback.state in ("waiting", "claimed")
    return Followed(found.kind.value, found.opened_at, found.status.value, found.last_reply, waiting)
