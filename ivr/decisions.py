"""What an applicant says to an answer or a question, made durable before it is confirmed to them.

The key pressed → a draft of its own (`drafts/<call>-decision.json`) that holds the whole record → the
reason or the reply, where one is spoken → the record in the spool. Killed anywhere after the draft, whoever
takes the call over, or the sweep, goes on from there and makes the very same record: one key, one decision.
Standard library alone (and the drafts and spool beside it): this also runs beside Asterisk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr import prompts, records
from ivr.drafts import Draft, Drafts, HeldDraft
from ivr.kill_points import DecisionPoint, reached
from ivr.message_audio import MessageAudio
from ivr.records import Record
from ivr.spool import Spool

LEAST_REASON_SECONDS: Final = 1.0
"""Less speech than this is no reason; the objection stands without one."""
_SUFFIX: Final = "-decision"
_LONGEST: Final = 128 - len(_SUFFIX)


def decision_name(call_id: str) -> str:
    """Name of a call's decision: its draft and the folder of what is spoken are not the message's."""
    return call_id[:_LONGEST] + _SUFFIX


def is_decision(draft: Draft) -> bool:
    """Whether a draft holds a decision, or a reply to a question, and no matter of a case."""
    return draft.record is not None and draft.record["type"] in ("decision", "reply")


def confirmation(record: Record | None) -> str:
    """The prompt that confirms what is in the spool; None: nothing was said to the question."""
    if record is None:
        return prompts.FOLLOWUP_REPLY_LATER
    if record["type"] == "reply":
        return prompts.FOLLOWUP_REPLIED
    return prompts.FOLLOWUP_ACCEPTED if record["accepted"] else prompts.FOLLOWUP_OBJECTED


@dataclass(frozen=True)
class DecisionDesk:
    """Takes applicants' decisions in on this node."""

    node: str
    spool: Spool
    drafts: Drafts
    calls_dir: Path

    def begin(
        self,
        call_id: str,
        *,
        language: str,
        tracking_code: str,
        answer_id: str,
        sealed: str,
        accepted: bool,
    ) -> HeldDraft:
        """Note what was pressed, so that it outlives this process; `finish` makes it a record.

        Raises:
            DraftHeld: another process leads this decision. SpoolFull: no room.
        """
        record = records.decision(
            node=self.node,
            call_id=call_id,
            language=language,
            tracking_code=tracking_code,
            answer_id=answer_id,
            sealed=sealed,
            accepted=accepted,
        )
        return self._hold(record)

    def begin_reply(
        self, call_id: str, *, language: str, tracking_code: str, question_id: str, sealed: str
    ) -> HeldDraft:
        """Note that a question is about to be replied to, as `begin` does."""
        record = records.reply(
            node=self.node,
            call_id=call_id,
            language=language,
            tracking_code=tracking_code,
            question_id=question_id,
            sealed=sealed,
        )
        return self._hold(record)

    def _hold(self, record: Record) -> HeldDraft:
        held = self.drafts.hold(decision_name(record["call_id"]))
        try:
            held.save(
                language=record["language"],
                sealed=record["sealed"],
                record=record,
                started_at=record["created_at"],
            )
        except BaseException:
            held.close()
            raise
        reached(DecisionPoint.DECISION_DRAFTED)
        return held

    def left(self, call_id: str) -> bool:
        """Whether a process that is gone has left a decision of this call."""
        return self.drafts.exists(decision_name(call_id))

    def audio(self, held: HeldDraft) -> MessageAudio:
        """The reason's audio, of the current take."""
        return MessageAudio(self.calls_dir, held.draft.call_id, held.draft.take)

    def finish(self, held: HeldDraft, *, with_reason: bool = True) -> Record | None:
        """Put the word into the spool, with what was spoken as far as it was; again changes nothing.

        Args:
            with_reason: False where the disk has no room for what was spoken; the objection itself counts.

        Returns:
            None for a reply in which nothing was said: there is nothing to tell the unit.

        Raises:
            SpoolFull: no room; the draft stays, and the sweep tries again.
        """
        draft = held.draft
        record = draft.record
        assert record is not None  # noqa: S101 - saved by begin
        if draft.durable:
            return record
        audio = self.audio(held)
        is_reply = record["type"] == "reply"
        may_speak = record["recording"] is None and (is_reply or not record["accepted"])
        if with_reason and may_speak and audio.spoken_seconds() >= LEAST_REASON_SECONDS:
            record = record | {"recording": audio.join().to_record()}
            reached(DecisionPoint.REASON_JOINED)
            held.save(record=record)
        if is_reply and record["recording"] is None:
            audio.remove()
            return None
        self.spool.put(record)
        reached(DecisionPoint.DECISION_SPOOLED)
        held.save(durable=True)
        if record["recording"] is None:
            audio.remove()
        return record
