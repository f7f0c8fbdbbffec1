"""A way through the menu that chooses the language the call goes on in."""

from __future__ import annotations

from typing import Literal

from ivr.call import Call
from ivr.steps.parameters import NodeName, Parameters


class Settings(Parameters):
    """`language`: what the caller hears from here on."""

    language: Literal["fa", "en"]
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """Nothing is asked."""
    await call.speak(settings.language)
    return settings.next
