"""The names of fields of forms, for what is wrong in them."""

from __future__ import annotations

from typing import Final

from console.language import N_

FIELDS: Final = {
    "channel": N_("Channel"),
    "kind": N_("Kind"),
    "level": N_("Level"),
    "identifier": N_("Identifier"),
    "contact_number": N_("Contact number"),
    "email": N_("E-mail"),
    "phone": N_("Mobile number"),
    "county": N_("County"),
    "province": N_("Province"),
    "agency": N_("Agency"),
    "subject": N_("Subject"),
    "held_on": N_("Day of the session"),
    "participants": N_("Who took part"),
    "complained_unit": N_("Whom a complaint or report is about"),
    "complained_official": N_("The official it is about, where it is about one person"),
    "to_unit": N_("To which unit"),
    "to_username": N_("User name of the official who is to act"),
    "unit_code": N_("For which unit"),
    "actions": N_("What may be done"),
    "centre": N_("Other centre"),
}
"""Fields whose name is said with what is wrong in them; at the others the sentence says it all."""
