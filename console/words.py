"""The words for the codes of the bridge, and the colour each is shown in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from console import country_words, way_words
from console.language import N_

KINDS: Final = {
    "complaint": N_("Complaint"),
    "request": N_("Request"),
    "report": N_("Report"),
    "guidance": N_("Guidance"),
    "sentiment": N_("Heartfelt words"),
    "idea": N_("Idea"),
    "criticism": N_("Criticism"),
    "appreciation": N_("Appreciation"),
    "unclassified": N_("Not yet classified"),
}
STATUSES: Final = {
    "registered": N_("Registered"),
    "referred": N_("Referred"),
    "in_hand": N_("In hand"),
    "waiting_applicant": N_("Waiting for the applicant"),
    "answered": N_("Answered"),
    "accepted": N_("Accepted"),
    "objected": N_("Objected"),
    "second_review": N_("Second review"),
    "closed": N_("Closed"),
}
CHANNELS: Final = {
    "phone": N_("Phone"),
    "in_person": N_("In person"),
    "post": N_("Post"),
    "email": N_("E-mail"),
    "fax": N_("Fax"),
    "web": N_("Web portal"),
    "provincial_trip": N_("Provincial trip"),
}
LEVELS: Final = {
    "county": N_("County"),
    "province": N_("Province"),
    "agency": N_("Agency"),
    "national": N_("National"),
}
IDENTIFIERS: Final = {
    "national_id": N_("National ID"),
    "foreign_resident": N_("Foreign resident's code"),
    "legal_person": N_("Legal person's ID"),
}
LANGUAGES: Final = {"fa": N_("Persian"), "en": N_("English")}
TRANSCRIPTS: Final = {
    "queued": N_("In line to be transcribed"),
    "in_progress": N_("Being transcribed"),
    "done": N_("Transcribed"),
    "waiting_for_model": N_("Waiting for the model"),
    "empty": N_("No speech in it"),
    "broken": N_("Recording damaged"),
    "failed": N_("Transcription failed"),
    "deadline": N_("Took too long"),
}
CALLBACKS: Final = {
    "waiting": N_("Waiting to be called back"),
    "claimed": N_("Being called back"),
    "done": N_("Called back"),
}
WISHES: Final = {
    "asap": N_("As soon as possible"),
    "afternoon": N_("This afternoon"),
    "tomorrow": N_("Tomorrow"),
}
OUTCOMES: Final = {
    "reached": N_("Reached"),
    "no_answer": N_("No answer"),
    "busy": N_("Line busy"),
    "wrong_number": N_("Wrong number"),
    "refused": N_("Did not want to talk"),
    "later": N_("Wants another time"),
}
SPEAKERS: Final = {
    "applicant": N_("Applicant"),
    "agent": N_("Agent"),
    "both": N_("Both"),
    "official": N_("Official"),
}
ROLES: Final = {
    "agent": N_("Agent"),
    "supervisor": N_("Supervisor"),
    "official": N_("Official"),
    "operator": N_("Operator"),
}
ENDINGS: Final = {
    "confirmed": N_("The caller confirmed the message"),
    "hangup": N_("The caller hung up after speaking"),
    "agent_unavailable": N_("No agent was free"),
    "rescued": N_("Rescued from a call that was cut off"),
}
RECORDINGS: Final = {"expected": N_("On its way"), "held": N_("Held")}
AUDIT: Final = {
    "country_changed": N_("Changed the country"),
    "signed_in": N_("Signed in"),
    "signed_out": N_("Signed out"),
    "sign_in_failed": N_("Sign-in failed"),
    "identifier_revealed": N_("Looked at the identifier"),
    "recording_played": N_("Played the recording"),
    "recording_read": N_("Read the recording for its text"),
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
    "case_closed": N_("Closed the case"),
    "case_linked": N_("Linked the case to an earlier one"),
    "case_unlinked": N_("Gave the case its own way again"),
    "case_reopened": N_("Opened the case again"),
    "holiday_set": N_("Changed a day of the calendar"),
    "holiday_forgotten": N_("Gave a day of the calendar back"),
    "cases_exported": N_("Exported the list of cases"),
    "callback_claimed": N_("Took the callback"),
    "callback_attempt": N_("Tried to call back"),
    "message_resent": N_("Sent a message again"),
    "unit_contact_set": N_("Set a unit's contact"),
    "wording_set": N_("Worded a message"),
    "delegated": N_("Let somebody act for a unit"),
    "delegation_revoked": N_("Took a delegation back"),
    "voice_recorded": N_("Recorded an answer in their own voice"),
    "repeats_looked_for": N_("Looked whether an applicant had raised a matter before"),
    "codes_leased": N_("Leased tracking codes"),
    "code_quarantined": N_("Held back a code that was told"),
    "case_passed": N_("Passed the case to another centre"),
    "delivery_resent": N_("Sent a dead letter again"),
    "delivery_dropped": N_("Dropped a dead letter"),
    "webhook_registered": N_("Registered an agency's endpoint"),
    "webhook_disabled": N_("Ended an agency's endpoint"),
    "open311_key_made": N_("Made an application's key"),
    "open311_key_ended": N_("Ended an application's key"),
}
HISTORY: Final = {
    "registered": N_("Case registered"),
    "recording_held": N_("Recording received whole"),
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
    "passed": N_("Passed to another centre"),
    "received": N_("Came from another centre"),
}
DELIVERIES: Final = {
    "dead": N_("Dead letters"),
    "waiting": N_("Waiting to be delivered"),
    "delivered": N_("Delivered"),
    "dropped": N_("Dropped"),
}
MESSAGES: Final = {
    "waiting": N_("Waiting to be sent"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "dead": N_("Dead letter"),
    "unreachable": N_("Nobody to write to"),
    "withheld": N_("Not wanted"),
}
"""What has become of a message."""
TEMPLATES: Final = {
    "registered": N_("Case registered"),
    "referred": N_("Case referred"),
    "taken": N_("Case taken in hand"),
    "asked": N_("Applicant asked for more"),
    "interim_answer": N_("Interim answer"),
    "answered": N_("Case answered"),
    "accepted": N_("Answer accepted"),
    "objected": N_("Answer objected to"),
    "second_review": N_("Second review"),
    "closed": N_("Case closed"),
    "linked": N_("Joined to an earlier case"),
    "reopened": N_("Case taken up again"),
    "escalated": N_("One level up, overdue"),
    "not_open": N_("No decision awaited"),
    "help": N_("How to answer"),
    "reminder": N_("Reminder of a deadline"),
    "interim_reminder": N_("Reminder of an interim answer"),
    "idea_result": N_("Result of an idea"),
}
AUDIENCES: Final = {"applicant": N_("Applicant"), "unit": N_("Unit")}
MEDIA: Final = {"sms": N_("Text message"), "email": N_("E-mail")}
TRIES: Final = {
    "begun": N_("Being sent"),
    "sent": N_("Taken by the provider"),
    "failed": N_("Failed, tried again later"),
    "refused": N_("Refused for good"),
    "unknown": N_("No answer came"),
}
CHANGES: Final = {"kind": N_("Kind set"), "status": N_("Status changed"), "level": N_("Level changed")}
STEPS: Final = {
    "greeting": N_("Greeting"),
    "main": N_("Main menu of the line"),
    "kind": N_("Choosing the kind"),
    "identity": N_("National ID"),
    "contact": N_("Contact number"),
    "province": N_("Choosing the province"),
    "message": N_("Speaking the message"),
    "code": N_("Tracking code told"),
    "callback_offer": N_("Callback offered"),
    "guidance": N_("Guidance wished"),
    "agent_identity": N_("National ID (for an agent)"),
    "agent": N_("Agent wished"),
    "follow_up": N_("Following up a case"),
    "callback_identity": N_("National ID (for a callback)"),
    "callback_contact": N_("Contact number (for a callback)"),
    "callback_province": N_("Choosing the province (for a callback)"),
    "callback_time": N_("Choosing the callback's time"),
    "callback_code": N_("Tracking code of the callback told"),
    "no_identity": N_("No valid identity"),
    "goodbye": N_("Goodbye"),
    "resume": N_("Call taken up again"),
}
"""Nodes of the default menu; a centre's own nodes are shown by the names in its menu file."""
LIKENESS: Final = {
    "words": N_("Words"),
    "subject": N_("Subject"),
    "kind": N_("Kind"),
    "place": N_("Place"),
    "days": N_("Nearness in time"),
}
TABLES: Final = {
    "agency_kind": country_words.AGENCY_KINDS,
    "reach": country_words.REACHES,
    "position": country_words.POSITIONS,
    "sheet": country_words.SHEETS,
    "kind": KINDS,
    "tab": way_words.TABS,
    "act": way_words.ACTS,
    "reason": way_words.REASONS,
    "decision": way_words.DECISIONS,
    "decided_by": way_words.DECIDED_BY,
    "delegation": way_words.DELEGATIONS,
    "flag": way_words.FLAGS,
    "status": STATUSES,
    "channel": CHANNELS,
    "level": LEVELS,
    "identifier": IDENTIFIERS,
    "language": LANGUAGES,
    "transcript": TRANSCRIPTS,
    "callback": CALLBACKS,
    "wish": WISHES,
    "outcome": OUTCOMES,
    "speaker": SPEAKERS,
    "role": ROLES,
    "ending": ENDINGS,
    "recording": RECORDINGS,
    "audit": AUDIT,
    "step": STEPS,
    "likeness": LIKENESS,
    "message": MESSAGES,
    "template": TEMPLATES,
    "audience": AUDIENCES,
    "medium": MEDIA,
    "try": TRIES,
    "delivery": DELIVERIES,
}
COLOURS: Final = {
    "complaint": "red",
    "criticism": "amber",
    "request": "blue",
    "report": "violet",
    "idea": "teal",
    "appreciation": "green",
    "registered": "blue",
    "in_hand": "amber",
    "waiting_applicant": "amber",
    "referred": "violet",
    "answered": "teal",
    "accepted": "green",
    "objected": "red",
    "second_review": "violet",
    "closed": "green",
    "waiting": "amber",
    "claimed": "blue",
    "done": "green",
    "waiting_for_model": "amber",
    "queued": "blue",
    "broken": "red",
    "failed": "red",
    "deadline": "red",
    "sent": "teal",
    "delivered": "green",
    "dead": "red",
    "unreachable": "amber",
}
FIELDS_SET: Final = frozenset({"changed", "classified"})
"""Actions whose history names fields, each with what it was and what it became."""


def happened(action: str, detail: Mapping[str, Any]) -> str:
    """The English words for a line of a case's history: the outcome itself where there is one."""
    if action == "transcript":
        return word("transcript", detail.get("status", ""))
    if action == "callback_done":
        return word("outcome", detail.get("outcome", ""))
    if action in FIELDS_SET:
        return CHANGES.get(_changed(detail), HISTORY[action])
    return HISTORY.get(action, action)


def became(action: str, detail: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a change of the case made of it, as a table and a code of it; None where there is no word."""
    name = _changed(detail) if action in FIELDS_SET else ""
    return (name, str(detail[name]["to"])) if name in CHANGES else None


def _changed(detail: Mapping[str, Any]) -> str:
    """The field that changed where it was one, otherwise nothing: such a line names none."""
    fields = [name for name in detail if name != "unit"]
    return fields[0] if len(fields) == 1 else ""


def word(table: str, code: object) -> str:
    """The English word for a code of the bridge; a code this list lacks is shown as it is."""
    text = str(code)
    return TABLES[table].get(text, text)
