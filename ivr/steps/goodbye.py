"""The end: everything is settled before the last words, so that nothing hangs on hearing them."""

from __future__ import annotations

from ivr.call import Call
from ivr.ending import end_regularly
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import Parameters, Prompts


class Settings(Parameters):
    """`prompts`: the last words."""

    prompts: Prompts


async def run(call: Call, settings: Settings) -> str | None:
    """Say goodbye; there is no next node."""
    await end_regularly(call)
    reached(KillPoint.BEFORE_GOODBYE)
    call.typed = ""
    await call.tell(*settings.prompts)
    return None
