"""The words for what is told to applicants, units and neighbours, and what became of it."""

from __future__ import annotations

from typing import Final

from console.language import N_

MESSAGES: Final = {
    "waiting": N_("Waiting to be sent"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "dead": N_("Dead letter"),
    "unreachable": N_("Nobody to write to"),
    "withheld": N_("Not wanted"),
}
"""What has become of a message."""
ASIDE: Final = {
    "unreadable": N_("Can't be read"),
    "unknown_case": N_("No case of ours has this name"),
    "refused": N_("The state of its case does not allow it"),
    "failed": N_("An error here stopped it"),
}
"""Why a change of the outside SAMAD could not be applied."""
TEMPLATES: Final = {
    "registered": N_("Case registered"),
    "referred": N_("Case referred"),
    "taken": N_("Case taken in hand"),
    "asked": N_("Applicant asked for more"),
    "supplied": N_("Applicant gave what was asked for"),
    "withdrawn": N_("Referral taken back"),
    "service_recorded": N_("Service recorded"),
    "unlinked": N_("Given its own way again"),
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
DELIVERIES: Final = {
    "dead": N_("Dead letters"),
    "waiting": N_("Waiting to be delivered"),
    "delivered": N_("Delivered"),
    "dropped": N_("Dropped"),
}
