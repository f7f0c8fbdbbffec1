"""What a call asks of the bridge, in the conversation's words."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from casebridge.client import BridgeClient, BridgeError, BridgeRefused, BridgeUnavailable
from ivr.durable import FILE_MODE
from ivr.line import BridgeAway, Followed

log = logging.getLogger(__name__)

_TOO_OFTEN = 429
_VOICE_SECONDS = 10.0
"""Longer than this nobody listens to silence; the text is read out instead."""


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
    return Followed(
        kind=found.kind.value,
        opened_at=found.opened_at,
        status=found.status.value,
        reply=found.last_reply,
        callback_waiting=waiting,
        case_id=found.case_id,
        question=found.question,
    )


async def fetch_voice(
    bridge: BridgeClient, code: str, kind: str, identifier: str, folder: Path
) -> Path | None:
    """The voice of the official who answered, as `<folder>/voice.alaw`; None where it can't be had now.

    Returns:
        The sound without its extension.
    """
    file = folder / "voice.alaw"
    try:
        async with asyncio.timeout(_VOICE_SECONDS):
            await bridge.answer_voice(code, kind, identifier, file)
        file.chmod(FILE_MODE)
    except (BridgeError, TimeoutError, OSError) as error:
        log.warning("an official's voice could not be fetched: %s", error or type(error).__name__)
        file.with_name(file.name + ".part").unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        return None
    return file.with_suffix("")
