"""Making a caller's matter durable before its code is told (promise 1).

Recording closed → parts joined, hashed, synced → a code taken from a leased block → the record noted
in the draft → the record in the spool. Killed anywhere, the next process that holds the draft goes on
from there and makes the very same record: one code, one case. Standard library alone (and the drafts
and spool beside it): this also runs beside Asterisk, in its root.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr import records
from ivr.codes import NoCodeLeft
from ivr.drafts import HeldDraft
from ivr.kill_points import KillPoint, reached
from ivr.message_audio import LEAST_SPOKEN_SECONDS, MessageAudio
from ivr.records import Record
from ivr.spool import Spool

log = logging.getLogger(__name__)

CodeSource = Callable[[], str]
"""Gives a tracking code nobody else has. Raises NoCodeLeft, SpoolFull."""


class NotIdentified(Exception):
    """No service without a valid identifier (article 5-3)."""


@dataclass(frozen=True)
class IntakeDesk:
    """Takes matters in on this node.

    Args:
        codes: where codes come from, in the order they are tried.
        origin: "ivr" or "emergency".
    """

    node: str
    origin: str
    spool: Spool
    calls_dir: Path
    codes: Sequence[CodeSource]

    def audio(self, held: HeldDraft) -> MessageAudio:
        """The audio of a draft's current take."""
        return MessageAudio(self.calls_dir, held.draft.call_id, held.draft.take)

    def take_in(self, held: HeldDraft, *, ended_by: str) -> Record:
        """Make the matter of a draft durable; doing it again changes nothing.

        Returns:
            The intake in the spool. Its `tracking_code` is None only where no code was to be had:
            then the message is kept, and a code is given as soon as the bridge leases some.

        Raises:
            NotIdentified: the draft has no identity.
            SpoolFull: no room; nothing half-written is left, and no code may be told.
        """
        draft = held.draft
        if draft.sealed is None:
            raise NotIdentified("an intake needs an identity")
        if draft.record is None:
            held.save(record=self._new_record(held, draft.sealed, ended_by))
            reached(KillPoint.RECORD_DRAFTED)
        record = draft.record
        assert record is not None  # noqa: S101 - saved above
        if not draft.durable:
            self.spool.put(record)
            reached(KillPoint.INTAKE_SPOOLED)
            held.save(durable=True)
        self.finish_wish(held)
        return record

    def take_in_spoken(self, held: HeldDraft, *, ended_by: str) -> Record | None:
        """Take in what a caller who is gone has left; None where that is no matter.

        A record already begun is finished; otherwise an identified caller must have spoken 3 s.
        """
        draft = held.draft
        matter = draft.record is not None or (
            draft.identified and self.audio(held).spoken_seconds() >= LEAST_SPOKEN_SECONDS
        )
        if not matter:
            return None
        return self.take_in(held, ended_by=ended_by)

    def wish_callback(self, held: HeldDraft, wished: str) -> Record:
        """Make a callback wish durable, for an intake that is; returns it. Raises SpoolFull."""
        held.save(wished=wished)
        reached(KillPoint.CALLBACK_CHOSEN)
        wish = self.finish_wish(held)
        if wish is None:
            raise NotIdentified("a callback wish needs its intake")
        return wish

    def finish_wish(self, held: HeldDraft) -> Record | None:
        """Make durable what was pressed after the code; doing it again changes nothing.

        Returns:
            The wish; None where none was pressed, or where it is part of the intake itself.

        Raises:
            SpoolFull: no room; the draft stays, and the sweep tries again.
        """
        draft, intake = held.draft, held.draft.record
        if draft.wish is None:
            if intake is None or draft.wished is None or intake["callback"] is not None:
                return None
            wish = records.callback_wish(
                node=self.node, call_id=draft.call_id, intake_id=intake["record_id"], wished=draft.wished
            )
            held.save(wish=wish)
        assert draft.wish is not None  # noqa: S101 - saved above
        self.spool.put(draft.wish)
        return draft.wish

    def _new_record(self, held: HeldDraft, sealed: str, ended_by: str) -> Record:
        draft, audio = held.draft, self.audio(held)
        recording = audio.join() if audio.parts() else None
        reached(KillPoint.RECORDING_JOINED)
        code = self._code()
        reached(KillPoint.CODE_TAKEN)
        return records.intake(
            node=self.node,
            origin=self.origin,
            call_id=draft.call_id,
            language=draft.language,
            tracking_code=code,
            kind=draft.kind,
            sealed=sealed,
            province=draft.province,
            ended_by=ended_by,
            recording=recording,
            wished=draft.wished,
        )

    def _code(self) -> str | None:
        for source in self.codes:
            try:
                return source()
            except (NoCodeLeft, OSError) as error:
                log.error("no tracking code: %s", error)  # noqa: TRY400 - the message is kept all the same
        return None
