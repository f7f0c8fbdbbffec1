"""The tracking code: told twice, digit by digit in groups, when the matter is durable and not before."""

from __future__ import annotations

from ivr import prompts
from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.records import Record
from ivr.steps.callback_time import tell_time
from ivr.steps.parameters import NodeName, Parameters
from persian.spoken import digit_prompts


class Settings(Parameters):
    """Nothing to set but the way on."""

    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """Take the matter in, tell its code, and the callback where one was chosen."""
    record = await call.take_in(call.ended_by)
    await tell_code(call, record)
    if call.wished is not None:
        await tell_time(call, record, call.wished)
    return settings.next


async def tell_code(call: Call, record: Record) -> None:
    """Tell the code of a durable intake twice; `*` has it told again."""
    call.agent_tried = True  # the matter is in; an agent could only repeat the code
    call.typed = ""
    code = record["tracking_code"]
    if code is None:
        call.line.on_event("no_code")
        await call.tell(prompts.CODE_LATER)
        return
    digits = digit_prompts(code)
    while True:
        await call.tell(prompts.CODE_TOLD_INTRO, *digits)
        call.told = True
        reached(KillPoint.CODE_TOLD_ONCE)
        if call.typed != "*":
            await call.tell(prompts.CODE_REPEAT_INTRO, *digits, prompts.CODE_KEEP_IT, even_if_ahead=True)
        if "*" not in call.typed or call.journal_is_full:
            break
        call.typed = ""
    if call.held is not None:
        call.held.save(told=True)
    reached(KillPoint.CODE_TOLD)
