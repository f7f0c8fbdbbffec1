"""After the code: does the applicant wish to be called back?"""

from __future__ import annotations

from ivr import prompts
from ivr.call import Call
from ivr.disk_work import to_its_end
from ivr.kill_points import KillPoint, reached
from ivr.steps.callback_time import ask_time, tell_time
from ivr.steps.parameters import NodeName, Parameters

_YES, _NO = "1", "2"


class Settings(Parameters):
    """Nothing to set but the way on."""

    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """Silence means no; a wish is durable before it is confirmed.

    A yes counts from when it is pressed: who hangs up at the time, or whose call is lost there, is
    called back as soon as possible.
    """
    if await call.choose([prompts.MENU_CALLBACK_OFFER], {_YES, _NO}, _NO) == _NO:
        return settings.next
    held = call.held
    assert held is not None  # noqa: S101 - a code was told, so there is an intake
    held.save(wished=prompts.CALLBACK_TIMES[0])
    wished = await ask_time(call)
    wish = await to_its_end(call.line.desk.wish_callback, held, wished)
    reached(KillPoint.CALLBACK_SPOOLED)
    call.line.wake_forwarder()
    await tell_time(call, wish, wished)
    return settings.next
