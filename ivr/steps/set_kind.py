"""A way through the menu that tells the kind of case by itself."""

from __future__ import annotations

from ivr.call import Call
from ivr.steps.parameters import Kind, NodeName, Parameters


class Settings(Parameters):
    """`kind`: what the case will be."""

    kind: Kind
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """Nothing is asked."""
    call.kind = settings.kind
    return settings.next
