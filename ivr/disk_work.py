"""Work on the disk beside the event loop, and never let go in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def to_its_end(work: Callable[Given, Result], /, *given: Given.args, **named: Given.kwargs) -> Result:
    """Run blocking work in a thread; who is cancelled meanwhile (drain) first waits for its end.

    A thread can't be cancelled. Were its draft let go under it, whoever takes the call over would
    make the matter durable a second time, with a second code.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
