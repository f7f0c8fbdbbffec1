"""The words for people: what they may do, who speaks, how they are known."""

from __future__ import annotations

from typing import Final

from console.language import N_

ROLES: Final = {
    "agent": N_("Agent"),
    "supervisor": N_("Supervisor"),
    "official": N_("Official"),
    "operator": N_("Operator"),
    "newcomer": N_("Own password not chosen yet"),
}
SPEAKERS: Final = {
    "applicant": N_("Applicant"),
    "agent": N_("Agent"),
    "both": N_("Both"),
    "official": N_("Official"),
}
IDENTIFIERS: Final = {
    "national_id": N_("National ID"),
    "foreign_resident": N_("Foreign resident's code"),
    "legal_person": N_("Legal person's ID"),
}
LANGUAGES: Final = {"fa": N_("Persian"), "en": N_("English")}
