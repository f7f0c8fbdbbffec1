"""Whether what a form names is there in the country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casebridge.country.snapshot import Country
from casebridge.problems import Problem


def check_known(land: Country, named: Mapping[str, Any]) -> None:
    """Raises Problem naming each subject, agency, place or unit that the country does not have.

    Args:
        named: fields of a form by name; other fields, and those left empty, are passed over.
    """
    find = {
        "subject": land.subject,
        "agency": land.agency,
        "province": land.place,
        "county": land.place,
        "complained_unit": land.unit,
        "unit": land.unit,
    }
    errors = [
        (name, "not_in_country")
        for name, code in named.items()
        if code and name in find and find[name](code) is None
    ]
    if errors:
        raise Problem("invalid_request", errors=errors)
