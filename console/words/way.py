"""The words for a case's way: lists of a cartable, reasons, deadlines."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from console.language import N_, Language

TABS: Final = {
    "new": N_("New"),
    "in_hand": N_("In hand"),
    "due_soon": N_("Due soon"),
    "overdue": N_("Overdue"),
    "waiting": N_("Waiting for the applicant"),
    "review": N_("Objected, second review"),
    "answered": N_("Answered"),
}
ACTS: Final = {
    "take": N_("Take in hand"),
    "refer": N_("Refer"),
    "ask": N_("Ask the applicant"),
    "answer": N_("Answer"),
    "service": N_("Record a service"),
}
REASONS: Final = {
    "competence": N_("It is within their competence"),
    "duties": N_("It is among their duties"),
    "beyond_province": N_("It is beyond the province's powers"),
    "opinion": N_("For their opinion"),
    "permit": N_("It needs their permit"),
    "not_ours": N_("It is not ours"),
    "agency": N_("It concerns their agency"),
    "other": N_("Another reason"),
    "overdue": N_("It was overdue"),
    "objected": N_("The applicant objected"),
    "objected_again": N_("The applicant objected again"),
    "complained_of": N_("The unit that had it is complained of"),
}
CHOSEN_REASONS: Final = tuple(REASONS)[:8]
"""Reasons a person may give."""
CLOSINGS: Final = {
    "problem_solving_session": N_("After a problem-solving session"),
    "competent_authority": N_("The applicant is sent to the competent authority"),
    "accepted": N_("The applicant accepts the answer"),
    "other": N_("Another reason"),
    "silence": N_("The applicant stayed silent"),
    "samad": N_("Closed in SAMAD"),
}
DECISIONS: Final = {"accepted": N_("Accepted"), "objected": N_("Objected")}
DECIDED_BY: Final = {
    "phone": N_("by phone"),
    "sms": N_("by text message"),
    "agent": N_("told an agent"),
    "silence": N_("by silence"),
    "link": N_("through a neighbour"),
}
REPLIED_BY: Final = {
    "phone": DECIDED_BY["phone"],
    "sms": DECIDED_BY["sms"],
    "unit": N_("told the unit"),
}
DELEGATIONS: Final = {
    "coming": N_("Begins later"),
    "running": N_("In force"),
    "ended": N_("Ended"),
    "revoked": N_("Taken back"),
}
FLAGS: Final = {
    "from_abroad": N_("From an Iranian living abroad"),
    "beyond_province": N_("Needs a power the province does not have"),
    "marginal_note": N_("The president wrote on it"),
}


URGENCIES: Final = {"late": "red", "soon": "amber", "calm": "slate"}
"""The colour a deadline is shown in."""
ORIGINS: Final = {
    "solar": N_("the solar calendar"),
    "lunar": N_("the lunar calendar"),
    "both": N_("both calendars"),
    "declared": N_("a decision of the government"),
}


def closings_of(status: str) -> tuple[str, ...]:
    """Reasons for which the Centre may end a case in this state (9-1)."""
    if status == "accepted":
        return ("accepted", "other")
    return ("problem_solving_session", "competent_authority", "other")


def due_in_words(due: datetime | None, speech: Language, now: datetime) -> str:
    """How far a deadline is, as people say it."""
    if due is None:
        return ""
    days = (due.astimezone(speech.zone).date() - now.astimezone(speech.zone).date()).days
    if due <= now:
        if days == 0:
            return speech.gettext("Overdue since today")
        text = speech.ngettext("Overdue by %(shown)s day", "Overdue by %(shown)s days", -days)
        return text % {"shown": speech.number(-days)}
    if days < 2:
        return speech.gettext("Due tomorrow") if days else speech.gettext("Due today")
    return speech.ngettext("%(shown)s day left", "%(shown)s days left", days) % {"shown": speech.number(days)}
