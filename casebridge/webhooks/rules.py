"""Which cases are an agency's to hear of, and to answer. Pure."""

from __future__ import annotations

from typing import Final

from casebridge.referrals.rules import barred

PREFIX: Final = "agency/"


def agency_of(unit: str | None) -> str | None:
    """The agency a unit belongs to; None where it is no agency's."""
    if not unit or not unit.startswith(PREFIX):
        return None
    return unit.split("/")[1] or None


def is_theirs(agency: str, owner_unit: str | None, complained_unit: str | None) -> bool:
    """Whether a case is in its office automation's hands: owned by a unit of it, and about none of it.

    Its head hears complaints about its desk (10-3), but the desk has its hands in the automation.
    """
    if owner_unit is None or agency_of(owner_unit) != agency or not may_still_hear(agency, complained_unit):
        return False
    return complained_unit is None or not barred(owner_unit, complained_unit)


def may_still_hear(agency: str, complained_unit: str | None) -> bool:
    """Whether an agency may be told that a case has left it: not where it is about one of its own."""
    return complained_unit is None or agency_of(complained_unit) != agency
