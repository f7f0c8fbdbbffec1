"""A choice by one key, each leading to a node."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import Key, NodeName, Parameters, Prompts


class Settings(Parameters):
    """`keys`: the node each key leads to."""

    prompts: Prompts
    keys: Annotated[dict[Key, NodeName], Field(min_length=1)]

    def targets(self) -> list[tuple[str, str]]:
        """One way for each key."""
        return [(f"keys.{key}", node) for key, node in self.keys.items()]


async def run(call: Call, settings: Settings) -> str | None:
    """The node of the key pressed."""
    key = await call.choose(settings.prompts, settings.keys)
    reached(KillPoint.MENU_CHOSEN)
    return settings.keys[key]
