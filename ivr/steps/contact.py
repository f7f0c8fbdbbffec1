"""The number the applicant can be reached at: the one they call from, or another they key in."""

from __future__ import annotations

from typing import Final

from ivr import prompts
from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import NodeName, Parameters, Tries
from persian.phones import InvalidPhoneNumber, normalise_phone, spoken_groups
from persian.spoken import digit_prompts

_LONGEST: Final = 15
"""Digits of the longest telephone number (E.164)."""
_THIS, _OTHER = "1", "2"


class Settings(Parameters):
    """`tries`: for keying in a number; then the caller's own is taken, or none."""

    tries: Tries = 3
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """A caller who says nothing is not turned away: their own number is taken, where it is known."""
    call.contact = call.caller
    offered = call.caller is not None
    if not offered or await call.choose([prompts.CONTACT_OFFER_CALLER_ID], {_THIS, _OTHER}, _THIS) == _OTHER:
        call.contact = await _ask_number(call, settings.tries) or call.caller
    call.keep()
    reached(KillPoint.CONTACT_KNOWN)
    return settings.next


async def _ask_number(call: Call, tries: int) -> str | None:
    said = [prompts.CONTACT_ASK]
    for _ in range(tries):
        keyed = await call.ask(said, _LONGEST, secret=True)
        if keyed == "0":
            call.ask_for_agent()
        if keyed == "*":
            said = [prompts.CONTACT_ASK]
            continue
        try:
            number = normalise_phone(keyed)
        except InvalidPhoneNumber:
            call.typed = ""
            said = [prompts.CONTACT_WRONG if keyed else prompts.NO_CHOICE, prompts.CONTACT_ASK]
        else:
            await call.tell(prompts.CONTACT_READ_BACK, *digit_prompts(*spoken_groups(number)), secret=True)
            return number
    return None
