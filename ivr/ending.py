"""How a call ends: regularly, by hang-up, by a full disk, or by being left to another process."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from ivr import prompts, records
from ivr.agi.session import CallEnded
from ivr.call import Call
from ivr.disk_work import to_its_end
from ivr.durable import SpoolFull
from ivr.kill_points import KillPoint, reached
from ivr.records import Record
from line111.sealing import seal

log = logging.getLogger(__name__)

DONE_VARIABLE: Final = "LINE111_DONE"
"""Set on the channel at a regular end; without it the dialplan tries the next host."""


async def end_regularly(call: Call) -> None:
    """Settle the call and tell the dialplan that nobody else need lead it. Twice is as good as once."""
    if call.outcome == "abandoned":
        call.outcome = "goodbye"
    await settle(call)
    await call.channel.set_variable(DONE_VARIABLE, "1")


async def settle(call: Call) -> None:
    """Make an identified caller's message a case, report the call, forget the draft.

    Where the disk is full the draft stays: the sweep makes it a case when there is room again.
    """
    if call.settled:
        return
    call.settled = True
    try:
        await to_its_end(_settle, call)
    except SpoolFull as full:
        alarm_disk_full(call, full)
        _let_go(call)
    call.held = call.decision = None
    call.line.wake_forwarder()


def _settle(call: Call) -> None:
    if call.decision is not None:  # pressed, and the caller has gone: an objection needs no reason
        call.line.decisions.finish(call.decision)
        call.outcome = "followed_up"
    held = call.held
    if held is not None and held.draft.durable:
        call.line.desk.finish_wish(held)
    elif held is not None:
        record = call.line.desk.take_in_spoken(held, ended_by="hangup")
        if record is not None:
            call.taken_in(record)
        else:
            call.audio.remove()
    call.line.spool.put(_report(call))
    reached(KillPoint.CALL_REPORTED)
    for draft in (held, call.decision):
        if draft is not None:
            draft.discard()


async def say_disk_full(call: Call, full: SpoolFull) -> None:
    """Clear words to the caller, an alarm for the operators; no code is told for what is not kept."""
    alarm_disk_full(call, full)
    _let_go(call)  # what was spoken stays on disk and becomes a case when there is room
    call.settled = True
    with suppress(CallEnded):
        await call.channel.set_variable(DONE_VARIABLE, "1")
        await call.tell(prompts.DISK_FULL, even_if_ahead=True)


def alarm_disk_full(call: Call, full: SpoolFull) -> None:
    """The operators must act: callers are being turned away."""
    log.critical("the disk is full, a caller could not be served: %s", full, extra={"call_id": call.call_id})
    call.line.on_event("disk_full")


def leave_to_others(call: Call) -> None:
    """Let another host, the emergency script or the sweep go on with the call."""
    if call.settled:
        return
    call.settled = True
    if _let_go(call):
        return
    call.outcome = "failed"
    with suppress(SpoolFull, OSError):
        call.line.spool.put(_report(call))
        call.line.wake_forwarder()


def _let_go(call: Call) -> bool:
    """Let another process, or the sweep, go on with the call's drafts; whether there were any."""
    held = [draft for draft in (call.held, call.decision) if draft is not None]
    for draft in held:
        draft.close()
    call.held = call.decision = None
    return bool(held)


def _report(call: Call) -> Record:
    caller_sealed = None
    if call.caller is not None:
        caller_sealed = seal({"caller_number": call.caller}, call.line.sealing_public)
    return records.call_report(
        node=call.line.node,
        call_id=call.call_id,
        language=call.language,
        caller_sealed=caller_sealed,
        started_at=call.started_at,
        outcome=call.outcome,
        intake_id=call.report_intake,
        code_told=call.told,
        journal=call.journal,
    )
