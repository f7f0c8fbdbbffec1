"""The words for what a case is."""

from __future__ import annotations

from typing import Final

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
LIKENESS: Final = {
    "words": N_("Words"),
    "subject": N_("Subject"),
    "kind": N_("Kind"),
    "place": N_("Place"),
    "days": N_("Nearness in time"),
}
