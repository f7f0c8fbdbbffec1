"""A call another process has begun and lost: go on where it stopped, ask nothing twice."""

from __future__ import annotations

from typing import Final

from ivr import prompts
from ivr.call import Call
from ivr.drafts import HeldDraft
from ivr.ending import end_regularly
from ivr.message_audio import LEAST_SPOKEN_SECONDS
from ivr.steps.callback_time import tell_time
from ivr.steps.code import tell_code
from ivr.steps.message import record_message
from ivr.steps.parameters import Parameters

RESUME: Final = "resume"
_TRIES: Final = 3


class Settings(Parameters):
    """Nothing to set."""


def take_over(call: Call, held: HeldDraft) -> None:
    """Know what the draft knows."""
    draft = held.draft
    call.held = held
    call.language = draft.language
    call.kind = draft.kind
    call.province = draft.province
    call.wished = draft.wished
    call.started_at = draft.started_at or call.started_at


async def run(call: Call, settings: Settings) -> str | None:
    """Tell the code of a matter that is in; otherwise take in what was spoken, or have it spoken.

    A callback that was pressed is registered, and said to be.
    """
    held = call.held
    assert held is not None  # noqa: S101 - take_over was called
    draft = held.draft
    call.agent_tried = True
    await call.tell(prompts.TECHNICAL_PAUSE)
    begun = draft.record is not None or draft.wished is not None
    if not begun and call.audio.spoken_seconds() < LEAST_SPOKEN_SECONDS:
        await record_message(call, _TRIES)
    record = await call.take_in("rescued")
    await tell_code(call, record)
    if call.wished is not None:
        await tell_time(call, draft.wish or record, call.wished)
    await end_regularly(call)
    await call.tell(prompts.GOODBYE)
    return None
