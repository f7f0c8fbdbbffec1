"""`agi://<ivr>/citizen_line`: the line's conversation with a citizen."""

from __future__ import annotations

import logging
import time

from ivr import prompts
from ivr.agi.commands import AgiChannel
from ivr.agi.session import Session
from ivr.call import Call
from ivr.conversation import converse
from ivr.line import Line
from ivr.menu_keeper import MenuKeeper
from ivr.message_audio import BadCallId, check_call_id
from ivr.metrics import CALL_SECONDS, CALLS
from persian.phones import InvalidPhoneNumber, normalise_phone

log = logging.getLogger(__name__)

CALL_ID_VARIABLE = "LINE111_CALL_ID"


async def answer(session: Session, line: Line, menus: MenuKeeper) -> None:
    """Lead a citizen's call."""
    channel = AgiChannel(session)
    call_id = await _call_id(channel, session)
    call = Call(
        line, channel, menus.menu, call_id, caller_number(session.environment.get("agi_callerid", ""))
    )
    call.language = prompts.language(session.environment.get("agi_language", ""))  # of the host before
    began = time.monotonic()
    try:
        await converse(call)
    finally:
        CALLS.labels(call.outcome).inc()
        CALL_SECONDS.observe(time.monotonic() - began)
        log.info("call ended", extra={"call_id": call_id, "outcome": call.outcome, "code_told": call.told})


async def _call_id(channel: AgiChannel, session: Session) -> str:
    """The dialplan's name for this call; Asterisk's unique id where the dialplan gave none."""
    given = await channel.get_variable(CALL_ID_VARIABLE)
    for candidate in (given, session.environment.get("agi_uniqueid")):
        try:
            return check_call_id(candidate or "")
        except BadCallId:
            continue
    raise BadCallId("the dialplan gave no usable call id")


def caller_number(caller_id: str) -> str | None:
    """The number that phones, E.164; None where it is withheld or can't be called back."""
    try:
        return normalise_phone(caller_id)
    except InvalidPhoneNumber:
        return None
