"""The words for the codes of the country."""

from __future__ import annotations

from typing import Final

from console.language import N_

AGENCY_KINDS: Final = {
    "ministry": N_("Ministry"),
    "organisation": N_("Organisation"),
    "company": N_("Company"),
    "bank": N_("Bank"),
    "insurer": N_("Insurer"),
    "municipality": N_("Municipality"),
    "institution": N_("Institution"),
}
REACHES: Final = {
    "national": N_("Headquarters only"),
    "province": N_("Offices in provinces"),
    "county": N_("Offices in provinces and counties"),
}
POSITIONS: Final = {"head": N_("Head"), "deputy": N_("Deputy"), "staff": N_("Staff")}
SHEETS: Final = {
    "places": N_("Provinces and counties"),
    "agencies": N_("Agencies"),
    "units": N_("Units with something of their own"),
    "subjects": N_("Subjects"),
    "duties": N_("Duties"),
    "officials": N_("Officials"),
}
