"""Orphaned drafts become cases: what a caller had spoken when their call was lost with its process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ivr import records
from ivr.decisions import DecisionDesk, is_decision
from ivr.drafts import Drafts, HeldDraft
from ivr.durable import SpoolFull
from ivr.intake import IntakeDesk

log = logging.getLogger(__name__)


def rescue_orphans(
    drafts: Drafts,
    desk: IntakeDesk,
    older_than_seconds: float,
    on_event: Callable[[str], None] = lambda _name: None,
) -> int:
    """Take in what nobody leads any more; returns how many records came of it.

    A draft whose audio still grows belongs to a caller who is speaking to Asterisk while our process
    is gone; it is left alone.
    """
    taken = 0
    for held in drafts.orphans(older_than_seconds):
        with held:
            try:
                if _still_recording(desk, held, older_than_seconds):
                    continue
                if is_decision(held.draft):
                    taken += _rescue_decision(drafts, desk, held)
                else:
                    taken += _rescue(desk, held)
            except SpoolFull as full:
                log.critical("no room to rescue a call: %s", full)
                on_event("disk_full")
                break
            except OSError:  # the disk's doing, not the draft's: it stays for the next sweep
                log.exception("a draft can't be rescued now", extra={"call_id": held.draft.call_id})
            except Exception:
                log.exception("a draft could not be rescued", extra={"call_id": held.draft.call_id})
                held.set_aside()
    for _ in range(taken):
        on_event("rescued")
    return taken


def _rescue_decision(drafts: Drafts, desk: IntakeDesk, held: HeldDraft) -> int:
    """What was pressed counts, with what was spoken as far as it was; 0 for a reply that says nothing."""
    record = DecisionDesk(desk.node, desk.spool, drafts, desk.calls_dir).finish(held)
    held.discard()
    log.warning("an orphaned decision was settled", extra={"call_id": held.draft.call_id})
    return int(record is not None)


def _rescue(desk: IntakeDesk, held: HeldDraft) -> int:
    draft = held.draft
    record = desk.take_in_spoken(held, ended_by="rescued")
    if record is None:
        desk.audio(held).remove()
    report = records.call_report(
        node=desk.node,
        call_id=draft.call_id,
        language=draft.language,
        caller_sealed=None,
        started_at=draft.started_at or records.moment(),
        outcome="case" if record is not None else "abandoned",
        intake_id=record["record_id"] if record is not None else None,
        code_told=draft.told,
        journal=[],
    )
    desk.spool.put(report)
    held.discard()
    log.warning("an orphaned call was settled", extra={"call_id": draft.call_id, "case": record is not None})
    return int(record is not None)


def _still_recording(desk: IntakeDesk, held: HeldDraft, seconds: float) -> bool:
    parts = desk.audio(held).parts()
    newest = max((part.stat().st_mtime for part in parts), default=0.0)
    return abs(time.time() - newest) < seconds
