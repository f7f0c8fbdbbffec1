"""A call from its first to its last node."""

from __future__ import annotations

import asyncio
import logging

from ivr import prompts
from ivr.agi.session import AsteriskLost, CallerHungUp
from ivr.call import Call, GoTo, NoAnswer
from ivr.drafts import DraftHeld
from ivr.durable import SpoolFull
from ivr.ending import end_regularly, leave_to_others, say_disk_full, settle
from ivr.kill_points import KillPoint, reached
from ivr.steps import STEPS
from ivr.steps.decision import finish_left_decision
from ivr.steps.resume import RESUME, take_over

log = logging.getLogger(__name__)

_NODE_LIMIT = 200
"""Nodes a call may pass: a menu with a circle still comes to an end."""
_TAKE_OVER_SECONDS = 2.0


async def converse(call: Call) -> None:
    """Lead a call to its end and settle it.

    Raises:
        AsteriskLost: the connection broke; the draft is left for whoever takes the call over.
    """
    try:
        await _walk(call, await _first_node(call))
        await end_regularly(call)
    except CallerHungUp:
        await settle(call)
    except SpoolFull as full:
        await say_disk_full(call, full)
    except DraftHeld as held:
        # another process leads this call already: two voices would confuse, so this one steps back
        log.warning("%s", held)
    except (AsteriskLost, asyncio.CancelledError, Exception):
        leave_to_others(call)
        raise


async def _first_node(call: Call) -> str | None:
    await call.channel.answer()
    reached(KillPoint.ANSWERED)
    if call.line.drafts.exists(call.call_id):
        held = await asyncio.to_thread(call.line.drafts.hold, call.call_id, wait_seconds=_TAKE_OVER_SECONDS)
        if held.found and held.draft.identified:
            take_over(call, held)
            return RESUME
        held.discard()
    elif await finish_left_decision(call):
        return None
    return call.menu.start


async def _walk(call: Call, node: str | None) -> None:
    for _ in range(_NODE_LIMIT):
        if node is None:
            return
        try:
            node = await _step(call, node)
        except GoTo as jump:
            node = jump.node
        except NoAnswer:
            await end_regularly(call)
            await call.tell(prompts.HUNG_NO_INPUT)
            return
    log.error("a call passed %d nodes and was ended", _NODE_LIMIT, extra={"call_id": call.call_id})


async def _step(call: Call, name: str) -> str | None:
    call.enter(name)
    if name == RESUME:
        return await STEPS[RESUME].run(call, STEPS[RESUME].parameters())
    node = call.menu.nodes[name]
    return await STEPS[node.step].run(call, node.parameters)
