"""Greeting and language: the first language is spoken unless a key chooses another."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import Key, NodeName, Parameters, Prompts


class Settings(Parameters):
    """`seconds`: how long after the greeting a key may still come; short, for nobody likes silence."""

    prompts: Prompts
    keys: dict[Key, Literal["fa", "en"]]
    seconds: Annotated[float, Field(ge=0.05, le=10)] = 0.4
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """A key that chooses no language is kept for the menu that follows."""
    key = await call.ask(settings.prompts, 1, seconds=settings.seconds)
    if key == "*":
        key = await call.ask(settings.prompts, 1, seconds=settings.seconds)
    if key in settings.keys:
        await call.speak(settings.keys[key])
    elif key:
        call.typed = key + call.typed
    reached(KillPoint.GREETED)
    return settings.next
