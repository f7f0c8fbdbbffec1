"""No ivr answers: this node alone takes identity and message and tells a code (promise 2).

Started by Asterisk for one call, in its root, with nothing but the disk: `--config emergency.json`.
A call that a dead ivr had begun goes on from its draft: an identity that is known is not asked again,
an intake that is durable has its code told and is not made twice.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

from agi_scripts.local_agi import AGIAppError, AGIHangup, LocalAgi
from agi_scripts.site import Site
from ivr import prompts, records
from ivr.codes import CodeBlock
from ivr.decisions import DecisionDesk, confirmation, decision_name, is_decision
from ivr.drafts import DraftHeld, Drafts, HeldDraft
from ivr.durable import SpoolFull
from ivr.identifying import FIRST_KEYS, identified, keys_missing, lengthened
from ivr.intake import IntakeDesk
from ivr.message_audio import LEAST_SPOKEN_SECONDS, check_call_id
from ivr.records import Record
from ivr.spool import Spool, require_room, require_written
from line111.sealing import seal
from persian.spoken import digit_prompts

log = logging.getLogger("emergency")

_TRIES = 3
_LEAST_SECONDS = 1.0
_ENGLISH, _ENGLISH_KEY = "en", "9"
_LANGUAGE_SECONDS = 0.4
"""How long after the greeting a key may still come, as with the ivr."""
_HAND_OVER_SECONDS = 3.0
"""How long the ivr that led the call before may take to let go of its draft."""


class EmergencyCall:
    """One caller in need."""

    def __init__(self, agi: LocalAgi, site: Site, held: HeldDraft) -> None:
        self._agi = agi
        self._site = site
        self._held = held
        self._record: Record | None = None
        self._told = False
        self._typed = ""
        """Keys pressed while something was told; the next question takes them."""
        self._started_at = held.draft.started_at or records.moment()
        if not held.draft.identified:  # nothing is known but what the channel itself was told
            held.draft.language = prompts.language(agi.language)
        spool = Spool(site.spool_dir)
        blocks = [CodeBlock(site.spool_dir, holder) for holder in ("emergency", "ivr")]
        self._desk = IntakeDesk(
            node=site.node,
            origin="emergency",
            spool=spool,
            calls_dir=site.calls_dir,
            codes=[lambda block=block: block.take()[0] for block in blocks],  # type: ignore[misc]
        )

    def lead(self) -> None:
        """From here to goodbye; whatever happens, what was spoken is kept."""
        try:
            self._converse()
        except AGIHangup:
            self._settle("hangup")
        except SpoolFull as full:
            log.critical("the disk is full, a caller could not be served: %s", full)
            self._end(prompts.DISK_FULL)

    def _converse(self) -> None:
        self._tell(prompts.TECHNICAL_PAUSE)
        self._typed = ""  # meant for the ivr that is gone
        if not self._held.draft.identified:
            self._greet()
            identity = self._ask_identity()
            if identity is None:
                self._held.discard()
                self._end(prompts.IDENTITY_GOODBYE)
                return
            self._remember(identity)
        draft = self._held.draft
        begun = draft.record is not None or draft.wished is not None
        if not begun and self._audio_seconds() < LEAST_SPOKEN_SECONDS and not self._record_message():
            self._settle("hangup")
            self._end(prompts.HUNG_NO_INPUT)
            return
        self._record = self._desk.take_in(
            self._held, ended_by="confirmed" if not self._held.found else "rescued"
        )
        self._tell_code(self._record)
        self._tell_callback()
        self._settle("confirmed")
        self._end(prompts.GOODBYE)

    def _greet(self) -> None:
        """What nobody may miss, also who has heard it from an ivr that died: it records, 9 is English.

        Any other key is the first of the identifier.
        """
        self._tell(prompts.RECORDING_NOTICE)
        if self._held.draft.language == _ENGLISH:
            return
        key = self._collect(prompts.LANGUAGE_EN, 1, _LANGUAGE_SECONDS)
        if key == _ENGLISH_KEY:
            self._held.draft.language = _ENGLISH
            self._agi.set_variable("CHANNEL(language)", _ENGLISH)
        else:
            self._typed = key + self._typed

    def _ask_identity(self) -> tuple[str, str] | None:
        if not self._typed:
            self._tell(prompts.IDENTITY_ASK)
        said = prompts.IDENTITY_LEGAL_OR_FOREIGN
        for tried in range(_TRIES):
            keyed = self._collect(said, FIRST_KEYS)
            more, seconds = keys_missing(keyed)
            if more:
                keyed += self._collect(None, more, seconds)
            if found := identified(keyed):
                self._tell(prompts.IDENTITY_THANKS)
                return lengthened(found, self._typed[:1]) or found
            self._tell(prompts.IDENTITY_WRONG if keyed else prompts.NO_CHOICE)
            said = prompts.IDENTITY_LAST_TRY if tried == _TRIES - 2 else prompts.IDENTITY_ASK_AGAIN
        return None

    def _remember(self, identity: tuple[str, str]) -> None:
        number = caller_number(self._agi.caller_id)
        private = records.private_part(*identity, number, number)
        self._held.save(
            sealed=seal(private, self._site.sealing_public), kind="unclassified", started_at=self._started_at
        )

    def _record_message(self) -> bool:
        """Record until something was said; False where nobody spoke in three tries."""
        audio = self._desk.audio(self._held)
        said = [prompts.RECORD_AFTER_TONE]
        for _ in range(_TRIES):
            require_room(self._site.calls_dir, self._site.message_max_seconds)
            audio.prepare()
            self._tell(*said)
            self._tell(prompts.BEEP)
            part = audio.next_part()
            silence = self._site.message_silence_seconds
            samples = self._agi.record(part, self._site.message_max_seconds, silence)
            require_written(part.with_suffix(".alaw"), samples, silence)
            if audio.spoken_seconds() >= _LEAST_SECONDS:
                return True
            said = [prompts.MESSAGE_TOO_SHORT, prompts.RECORD_AFTER_TONE]
        return False

    def _tell_code(self, record: Record) -> None:
        code = record["tracking_code"]
        if code is None:
            self._tell(prompts.CODE_LATER)
            return
        digits = digit_prompts(code)
        self._tell(prompts.CODE_TOLD_INTRO, *digits)
        self._told = True
        self._tell(prompts.CODE_REPEAT_INTRO, *digits, prompts.CODE_KEEP_IT)

    def _tell_callback(self) -> None:
        """What was pressed before the ivr died stands. The day, only the bridge's calendar knows."""
        wished = self._held.draft.wished
        if wished is not None:
            soon = wished == prompts.CALLBACK_TIMES[0]
            self._tell(prompts.CALLBACK_REGISTERED, *([prompts.callback(wished)] if soon else []))

    def _settle(self, ended_by: str) -> None:
        """Keep what was spoken, report the call, forget the draft."""
        held = self._held
        try:
            record = self._record or self._desk.take_in_spoken(held, ended_by=ended_by)
            if record is None:
                self._desk.audio(held).remove()
            self._desk.spool.put(self._report(record))
        except SpoolFull as full:
            log.critical("the disk is full, a message waits as a draft: %s", full)
            held.close()
            return
        held.discard()

    def _report(self, record: Record | None) -> Record:
        return records.call_report(
            node=self._site.node,
            call_id=self._held.draft.call_id,
            language=self._held.draft.language,
            caller_sealed=None,
            started_at=self._started_at,
            outcome="abandoned" if record is None else "case" if record["recording"] else "callback",
            intake_id=record["record_id"] if record else None,
            code_told=self._told or self._held.draft.told,
            journal=[],
        )

    def _end(self, words: str) -> None:
        """Nobody else need lead this call; last words. A caller who is gone misses nothing."""
        with suppress(AGIHangup):
            self._agi.set_variable("LINE111_DONE", "1")
            self._tell(words)

    def _audio_seconds(self) -> float:
        return self._desk.audio(self._held).spoken_seconds()

    def _tell(self, *ids: str) -> None:
        self._typed += self._agi.play([self._sound(name) for name in ids]).strip("#")

    def _collect(self, name: str | None, keys: int, seconds: float | None = None) -> str:
        ahead, self._typed = self._typed[:keys], self._typed[keys:]
        if len(ahead) == keys:
            return ahead
        sound = self._sound(name) if name and not ahead else None
        wait = self._site.key_timeout_seconds if seconds is None else seconds
        return ahead + self._agi.collect(sound, keys - len(ahead), wait)

    def _sound(self, name: str) -> Path:
        return self._site.sounds_dir / self._held.draft.language / name


def confirm_left_decision(site: Site, agi: LocalAgi, call_id: str) -> bool:
    """Finish and confirm what the caller pressed before the ivr died; False: there is nothing such.

    Raises:
        DraftHeld: a living ivr leads it. SpoolFull: no room; the sweep tries again.
    """
    drafts = Drafts(site.spool_dir)
    desk = DecisionDesk(site.node, Spool(site.spool_dir), drafts, site.calls_dir)
    if not desk.left(call_id):
        return False
    with drafts.hold(decision_name(call_id), wait_seconds=_HAND_OVER_SECONDS) as held:
        if not is_decision(held.draft):
            return False
        said = confirmation(desk.finish(held))
        folder = site.sounds_dir / held.draft.language
        held.discard()
    with suppress(AGIHangup):
        agi.set_variable("LINE111_DONE", "1")
        for name in (prompts.TECHNICAL_PAUSE, said, prompts.GOODBYE):
            agi.play([folder / name])
    return True


def caller_number(caller_id: str) -> str | None:
    """E.164, or None where the number is withheld or the tables to check it are not here."""
    try:
        from persian.phones import InvalidPhoneNumber, normalise_phone
    except ImportError:
        return None
    try:
        return normalise_phone(caller_id)
    except InvalidPhoneNumber:
        return None


def run(site: Site, agi: LocalAgi) -> None:
    """Lead the call at the other end of the pipes.

    Raises:
        DraftHeld: another process leads it. AGIAppError: Asterisk does not understand.
    """
    call_id = check_call_id(agi.variable("LINE111_CALL_ID") or str(agi.env.get("agi_uniqueid", "")))
    agi.execute("ANSWER")
    Spool(site.spool_dir).prepare()
    drafts = Drafts(site.spool_dir)
    if not drafts.exists(call_id) and confirm_left_decision(site, agi, call_id):
        return
    with drafts.hold(call_id, wait_seconds=_HAND_OVER_SECONDS) as held:
        EmergencyCall(agi, site, held).lead()


def main(arguments: list[str] | None = None) -> int:
    """0 when the call came to its end here; 1 leaves it to the dialplan's last words."""
    parser = argparse.ArgumentParser(description="Take a message without an ivr (run by Asterisk).")
    parser.add_argument("--config", type=Path, required=True, help="emergency.json of this node")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, format="emergency_intake: %(levelname)s: %(message)s")
    os.umask(0o007)
    try:
        run(Site.read(options.config), LocalAgi())
    except AGIHangup:
        return 0
    except (AGIAppError, DraftHeld, SpoolFull, OSError, ValueError, TypeError) as error:
        log.critical("a caller could not be served: %s: %s", type(error).__name__, error)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
