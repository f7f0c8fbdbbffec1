"""Points at which a test may have the process killed: `LINE111_KILL_AT=<point>` in its environment.

Without the variable `reached` does nothing. The kill is SIGKILL to itself, so nothing is tidied up.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum

VARIABLE = "LINE111_KILL_AT"


class KillPoint(StrEnum):
    """Every place between two steps of a call, in the order a caller passes them."""

    ANSWERED = "answered"
    GREETED = "greeted"
    MENU_CHOSEN = "menu_chosen"
    KIND_CHOSEN = "kind_chosen"
    IDENTITY_KNOWN = "identity_known"
    CONTACT_KNOWN = "contact_known"
    PROVINCE_KNOWN = "province_known"
    BEFORE_RECORDING = "before_recording"
    MESSAGE_RECORDED = "message_recorded"
    MESSAGE_CONFIRMED = "message_confirmed"
    RECORDING_JOINED = "recording_joined"
    CODE_TAKEN = "code_taken"
    RECORD_DRAFTED = "record_drafted"
    INTAKE_SPOOLED = "intake_spooled"
    CODE_TOLD_ONCE = "code_told_once"
    CODE_TOLD = "code_told"
    CALLBACK_CHOSEN = "callback_chosen"
    CALLBACK_SPOOLED = "callback_spooled"
    BEFORE_GOODBYE = "before_goodbye"
    CALL_REPORTED = "call_reported"
    RECORD_POSTED = "record_posted"
    AUDIO_DELIVERED = "audio_delivered"


class DecisionPoint(StrEnum):
    """Every place between an answer that was asked for and the decision about it, confirmed, in order."""

    ANSWER_FOUND = "answer_found"
    DECISION_CHOSEN = "decision_chosen"
    DECISION_DRAFTED = "decision_drafted"
    REASON_RECORDED = "reason_recorded"
    REASON_JOINED = "reason_joined"
    DECISION_SPOOLED = "decision_spooled"
    DECISION_TOLD = "decision_told"


def reached(point: KillPoint | DecisionPoint) -> None:
    """Kill this process if the test asked for this point."""
    if os.environ.get(VARIABLE) == point:
        os.kill(os.getpid(), signal.SIGKILL)
