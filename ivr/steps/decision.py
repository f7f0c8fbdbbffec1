"""The applicant's word: on an answer (1 accepts, 2 objects, with a spoken reason or without one) or to a
question (1, then the spoken reply)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from ivr import prompts, records
from ivr.call import Call, GoTo, NoAnswer
from ivr.decisions import LEAST_REASON_SECONDS, DecisionDesk, confirmation, decision_name, is_decision
from ivr.disk_work import to_its_end
from ivr.drafts import HeldDraft
from ivr.durable import SpoolFull
from ivr.ending import alarm_disk_full
from ivr.kill_points import DecisionPoint, reached
from ivr.message_audio import MessageAudio
from ivr.steps.message import confirm, record_part
from line111.sealing import seal

_ACCEPT, _OBJECT, _HEAR_AGAIN, _LATER = "1", "2", "*", ""
_REPLY: Final = "1"
_HEARD_AGAIN: Final = 9
"""How often an answer or question is played before the question is left open: every call comes to an end."""
_TAKE_OVER_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Asked:
    """What something is said to, an answer or a question, and who says it."""

    tracking_code: str
    identity: tuple[str, str]
    about: UUID


@dataclass
class Reason:
    """Where the reason of an objection, or a reply, is spoken to."""

    desk: DecisionDesk
    held: HeldDraft

    @property
    def audio(self) -> MessageAudio:
        """The audio of the current take."""
        return self.desk.audio(self.held)

    def begin_take(self) -> None:
        """It is recorded again. Raises SpoolFull."""
        self.held.save(take=self.held.draft.take + 1)


async def ask_decision(call: Call, asked: Asked, hear: Callable[[], Awaitable[None]]) -> None:
    """After an answer: accept, object, hear it again. Silence decides nothing: there is another day.

    Args:
        hear: plays the answer once more.

    Raises:
        GoTo: the caller wants an agent. SpoolFull: no room; nothing was confirmed.
    """
    key = await _ask(call, prompts.FOLLOWUP_DECIDE, {_ACCEPT, _OBJECT}, hear)
    if key not in (_ACCEPT, _OBJECT):
        await call.tell(prompts.FOLLOWUP_DECIDE_LATER)
        return
    begin = partial(
        call.line.decisions.begin,
        language=call.language,
        tracking_code=asked.tracking_code,
        answer_id=str(asked.about),
        sealed=_sealed(call, asked),
        accepted=key == _ACCEPT,
    )
    await _register(call, begin, prompts.FOLLOWUP_OBJECTION_REASON if key == _OBJECT else None)


async def ask_reply(call: Call, asked: Asked, hear: Callable[[], Awaitable[None]]) -> None:
    """After a question: reply, hear it again; silence leaves it open. Raises as `ask_decision` does."""
    if await _ask(call, prompts.FOLLOWUP_REPLY, {_REPLY}, hear) != _REPLY:
        await call.tell(prompts.FOLLOWUP_REPLY_LATER)
        return
    begin = partial(
        call.line.decisions.begin_reply,
        language=call.language,
        tracking_code=asked.tracking_code,
        question_id=str(asked.about),
        sealed=_sealed(call, asked),
    )
    await _register(call, begin, prompts.FOLLOWUP_REPLY_AFTER_TONE)


async def _ask(call: Call, prompt: str, keys: set[str], hear: Callable[[], Awaitable[None]]) -> str:
    """The key pressed, after what is asked about was heard as often as they wish."""
    key = _HEAR_AGAIN
    for _ in range(_HEARD_AGAIN):
        key = await call.choose([prompt], keys | {_HEAR_AGAIN}, _LATER)
        if key != _HEAR_AGAIN:
            break
        call.typed = ""
        await hear()
    return key


def _sealed(call: Call, asked: Asked) -> str:
    return seal(records.private_part(*asked.identity, None, call.caller), call.line.sealing_public)


async def finish_left_decision(call: Call) -> bool:
    """Finish and confirm what was pressed before a process died; False where there is nothing such.

    Raises:
        DraftHeld: the other process lives. SpoolFull.
    """
    desk = call.line.decisions
    if not desk.left(call.call_id):
        return False
    name = decision_name(call.call_id)
    held = await asyncio.to_thread(desk.drafts.hold, name, wait_seconds=_TAKE_OVER_SECONDS)
    if not is_decision(held.draft):
        held.discard()
        return False
    call.decision = held
    call.language = held.draft.language
    await call.tell(prompts.TECHNICAL_PAUSE)
    call.typed = ""
    await _finish_and_confirm(call, held)
    await call.tell(prompts.GOODBYE)
    return True


async def _register(call: Call, begin: Callable[[str], HeldDraft], speak_after: str | None) -> None:
    """Note it, have something spoken where a prompt asks for it, put it into the spool, confirm it."""
    reached(DecisionPoint.DECISION_CHOSEN)
    if call.decision is not None:  # about another case, earlier in this call; it is in the spool
        call.decision.discard()
    call.decision = held = await to_its_end(begin, call.call_id)
    try:
        if speak_after is not None:
            await _record_reason(call, Reason(call.line.decisions, held), speak_after)
    except (GoTo, NoAnswer):
        await _finish_and_confirm(call, held)  # whatever comes next, what was said stands
        raise
    await _finish_and_confirm(call, held)


async def _record_reason(call: Call, reason: Reason, prompt: str) -> None:
    """`#` at once, or silence, is an objection without a reason, or no reply."""
    try:
        await record_part(call, reason, prompt)
        reached(DecisionPoint.REASON_RECORDED)
        if reason.audio.spoken_seconds() >= LEAST_REASON_SECONDS:
            await confirm(call, reason, tries=1)
    except SpoolFull as full:  # no room for sound is no ground to lose the objection
        alarm_disk_full(call, full)


async def _finish_and_confirm(call: Call, held: HeldDraft) -> None:
    """In the spool first, then told to the caller."""
    finish = call.line.decisions.finish
    try:
        record = await to_its_end(finish, held)
    except SpoolFull as full:
        alarm_disk_full(call, full)
        record = await to_its_end(finish, held, with_reason=False)
    call.outcome = "followed_up"
    call.line.wake_forwarder()
    await call.tell(confirmation(record), even_if_ahead=True)
    reached(DecisionPoint.DECISION_TOLD)
