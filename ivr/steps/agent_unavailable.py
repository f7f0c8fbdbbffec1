"""Where an agent was asked for and none is there: honest words, and the choice of message or callback."""

from __future__ import annotations

from ivr import prompts
from ivr.call import Call, NoAnswer
from ivr.steps.parameters import NodeName, Parameters

_MESSAGE, _CALLBACK = "1", "2"


class Settings(Parameters):
    """`message`, `callback`: where each choice leads; `give_up`: where silence does."""

    message: NodeName
    callback: NodeName
    give_up: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """The next node by the caller's choice."""
    call.agent_tried = True
    call.ended_by = "agent_unavailable"
    said = [prompts.AGENT_UNAVAILABLE, prompts.MENU_NO_AGENT]
    try:
        key = await call.choose(said, {_MESSAGE, _CALLBACK})
    except NoAnswer:
        return settings.give_up
    return settings.message if key == _MESSAGE else settings.callback
