"""The words for what happened: lines of a case's history, and of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from console.language import N_
from console.words.call import OUTCOMES, TRANSCRIPTS
from console.words.way import CLOSINGS

HISTORY: Final = {
    "registered": N_("Case registered"),
    "recording_held": N_("Recording received whole"),
    "recording_absent": N_("Recording not to be had from the other centre"),
    "transcript": N_("Text of the recording changed"),
    "identifier_revealed": N_("Identifier was looked at"),
    "changed": N_("Case changed"),
    "callback_wished": N_("Callback wished"),
    "callback_claimed": N_("Callback taken by an agent"),
    "callback_released": N_("Callback back in the line"),
    "callback_done": N_("Callback finished"),
    "callback_joined": N_("Callback joined that of the same matter"),
    "classified": N_("Case classified"),
    "referred": N_("Case referred"),
    "returned": N_("Referred on as not theirs"),
    "withdrawn": N_("Referral taken back"),
    "taken": N_("Case taken in hand"),
    "asked": N_("Applicant asked for more"),
    "supplied": N_("Applicant gave what was asked for"),
    "supplied_late": N_("Reply came too late"),
    "interim_answer": N_("Interim answer"),
    "answered": N_("Case answered"),
    "accepted": N_("Answer accepted"),
    "objected": N_("Answer objected to"),
    "second_review": N_("Second review"),
    "escalated": N_("One level up, overdue"),
    "service_recorded": N_("Service recorded"),
    "closed": N_("Case closed"),
    "linked": N_("Linked to an earlier case"),
    "unlinked": N_("Given its own way again"),
    "reopened": N_("Case opened again"),
    "decision_too_late": N_("Decision came too late"),
    "marginal_note": N_("The president's marginal note"),
    "passed": N_("Passed to another centre"),
    "received": N_("Came from another centre"),
}
AUDIT: Final = {
    "country_changed": N_("Changed the country"),
    "signed_in": N_("Signed in"),
    "signed_out": N_("Signed out"),
    "sign_in_failed": N_("Sign-in failed"),
    "identifier_revealed": N_("Looked at the identifier"),
    "recording_played": N_("Played the recording"),
    "case_supervised": N_("Looked at the case as its supervisor"),
    "recording_held": N_("Brought the recording whole"),
    "transcript_stored": N_("Stored the text of the recording"),
    "recording_read": N_("Read the recording for its text"),
    "recording_fetched": N_("Fetched the recording for a case it works on"),
    "case_changed": N_("Changed the case"),
    "case_registered": N_("Registered the case"),
    "case_classified": N_("Classified the case"),
    "case_referred": N_("Referred the case"),
    "case_returned": N_("Referred the case on as not theirs"),
    "case_withdrawn": N_("Took a referral back"),
    "case_taken": N_("Took the case in hand"),
    "case_asked": N_("Asked the applicant"),
    "case_supplied": N_("Noted what the applicant gave"),
    "case_interim_answer": N_("Gave an interim answer"),
    "case_answered": N_("Answered the case"),
    "case_accepted": N_("Accepted the answer"),
    "case_objected": N_("Objected to the answer"),
    "case_second_review": N_("Sent the case to a second review"),
    "case_escalated": N_("Sent an overdue case one level up"),
    "case_service_recorded": N_("Recorded a service"),
    "case_marginal_note": N_("Kept a marginal note"),
    "case_closed": N_("Closed the case"),
    "case_linked": N_("Linked the case to an earlier one"),
    "case_unlinked": N_("Gave the case its own way again"),
    "case_reopened": N_("Opened the case again"),
    "holiday_set": N_("Changed a day of the calendar"),
    "holiday_forgotten": N_("Gave a day of the calendar back"),
    "cases_exported": N_("Exported the list of cases"),
    "callback_wished": N_("Put a callback in the line"),
    "callback_claimed": N_("Took the callback"),
    "callback_released": N_("Gave the callback back"),
    "callback_attempt": N_("Tried to call back"),
    "message_resent": N_("Sent a message again"),
    "messages_unwanted": N_("Noted that a receiver wants no messages"),
    "messages_wanted": N_("Noted that a receiver wants messages again"),
    "unit_contact_set": N_("Set a unit's contact"),
    "password_chosen": N_("Chose a new password"),
    "notices_read": N_("Read notices of the cartable"),
    "wording_set": N_("Worded a message"),
    "delegated": N_("Let somebody act for a unit"),
    "delegation_revoked": N_("Took a delegation back"),
    "voice_recorded": N_("Recorded an answer in their own voice"),
    "voice_dropped": N_("Took away a spoken answer that was never given"),
    "repeats_looked_for": N_("Looked whether an applicant had raised a matter before"),
    "codes_leased": N_("Leased tracking codes"),
    "code_quarantined": N_("Held back a code that was told"),
    "case_passed": N_("Passed the case to another centre"),
    "delivery_resent": N_("Sent a dead letter again"),
    "delivery_dropped": N_("Dropped a dead letter"),
    "change_looked_at": N_("Looked again at a change that could not be applied"),
    "change_dropped": N_("Set a change aside for good"),
    "webhook_registered": N_("Registered an agency's endpoint"),
    "webhook_tested": N_("Sent an agency's endpoint a test"),
    "webhook_disabled": N_("Ended an agency's endpoint"),
    "open311_key_made": N_("Made an application's key"),
    "open311_key_ended": N_("Ended an application's key"),
}
CHANGES: Final = {"kind": N_("Kind set"), "status": N_("Status changed"), "level": N_("Level changed")}
FIELDS_SET: Final = frozenset({"changed", "classified"})
"""Actions whose history names fields, each with what it was and what it became."""


def happened(action: str, detail: Mapping[str, Any]) -> str:
    """The English words for a line of a case's history: the outcome itself where there is one."""
    if action == "transcript":
        code = str(detail.get("status", ""))
        return TRANSCRIPTS.get(code, code)
    if action == "callback_done":
        code = str(detail.get("outcome", ""))
        return OUTCOMES.get(code, code)
    if action in FIELDS_SET:
        return CHANGES.get(_changed(detail), HISTORY[action])
    return HISTORY.get(action, action)


def became(action: str, detail: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a change of the case made of it, as a table and a code of it; None where there is no word."""
    name = _changed(detail) if action in FIELDS_SET else ""
    return (name, str(detail[name]["to"])) if name in CHANGES else None


def said_with(action: str, detail: Mapping[str, Any]) -> tuple[str, str]:
    """What somebody said with a step: a reason in English words, and a text of theirs; each may be empty."""
    reason, note = str(detail.get("reason") or ""), str(detail.get("note") or "")
    if action == "closed":
        return CLOSINGS.get(reason, reason), note
    if action == "marginal_note":
        return str(detail.get("author") or ""), note
    if action == "received":
        return "", note
    if action == "passed":
        return str(detail.get("centre") or ""), note
    return "", reason if action == "reopened" else ""


def _changed(detail: Mapping[str, Any]) -> str:
    """The field that changed where it was one, otherwise nothing: such a line names none."""
    fields = [name for name in detail if name != "unit"]
    return fields[0] if len(fields) == 1 else ""
