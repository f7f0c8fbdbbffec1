"""What kind of case it is (article 1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import Key, Kind, NodeName, Parameters, Prompts


class Settings(Parameters):
    """`keys`: the kind each key stands for."""

    prompts: Prompts
    keys: Annotated[dict[Key, Kind], Field(min_length=1)]
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """The kind of the key pressed."""
    call.kind = settings.keys[await call.choose(settings.prompts, settings.keys)]
    reached(KillPoint.KIND_CHOSEN)
    return settings.next
