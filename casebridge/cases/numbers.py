"""How an applicant is reached in a case: encrypted together, opened where somebody answers for it."""

from __future__ import annotations

import json
from uuid import UUID

from casebridge.cases.models import Case
from casebridge.crypto import KeyRing

Numbers = dict[str, str | None]
"""`contact_number` and `caller_number`, as they can be dialled, and `email` where one was given."""


def close_numbers(keys: KeyRing, case_id: UUID, numbers: Numbers) -> bytes | None:
    """The numbers encrypted for this case; None where there are none."""
    if not any(numbers.values()):
        return None
    return keys.encrypt(json.dumps(numbers).encode(), _belongs_to(case_id))


def open_numbers(keys: KeyRing, case: Case) -> Numbers:
    """The numbers in clear, empty where there are none. Mask them, or audit the look."""
    if case.numbers is None:
        return {}
    numbers: Numbers = json.loads(keys.decrypt(case.numbers, _belongs_to(case.id)))
    return numbers


def number_to_call(keys: KeyRing, case: Case) -> str | None:
    """Where the applicant can be reached: the number they named, otherwise the one they called from."""
    numbers = open_numbers(keys, case)
    return numbers.get("contact_number") or numbers.get("caller_number")


def _belongs_to(case_id: UUID) -> str:
    return f"case:{case_id}"
