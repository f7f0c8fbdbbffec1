"""When the applicant wishes to be called back."""

from __future__ import annotations

from ivr import prompts
from ivr.call import Call
from ivr.steps.parameters import NodeName, Parameters

_KEYS = dict(zip("123", prompts.CALLBACK_TIMES, strict=True))


class Settings(Parameters):
    """Nothing to set but the way on."""

    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """For a matter without a message: the callback is part of the intake made next."""
    call.wished = await ask_time(call)
    call.keep()
    return settings.next


async def ask_time(call: Call) -> str:
    """As soon as possible, this afternoon or tomorrow; the first where nothing is chosen."""
    return _KEYS[await call.choose([prompts.MENU_CALLBACK_TIME], _KEYS, "1")]
