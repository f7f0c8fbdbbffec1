"""Who an applicant is, checked (article 5-3) and closed: nothing readable is left but the kind. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from casebridge.crypto import KeyRing, keyed_hash
from casebridge.tables import new_id
from persian.identifiers import check_identifier


@dataclass(frozen=True, slots=True)
class ClosedIdentity:
    """An applicant, ready to be found or stored.

    Attributes:
        lookup: the keyed hash by which an applicant who is known already is found.
        new_id: the id they get where nobody is found.
        identifier: encrypted, bound to `new_id`.
    """

    kind: str
    lookup: bytes
    new_id: UUID
    identifier: bytes
    key_number: int

    def row(self, at: datetime) -> dict[str, Any]:
        """The row of an applicant who comes for the first time."""
        return {
            "id": self.new_id,
            "identifier_kind": self.kind,
            "lookup": self.lookup,
            "identifier": self.identifier,
            "key_number": self.key_number,
            "created_at": at,
        }


def belongs_to(applicant_id: UUID) -> str:
    """Associated data of an applicant's identifier."""
    return f"applicant:{applicant_id}"


def close_identity(keys: KeyRing, lookup_key: str, kind: str, identifier: str) -> ClosedIdentity:
    """Checks an identifier and closes it.

    Raises InvalidIdentifier; ValueError where there is no such kind.
    """
    digits, fresh = check_identifier(kind, identifier), new_id()
    return ClosedIdentity(
        kind=kind,
        lookup=keyed_hash(lookup_key, kind, digits),
        new_id=fresh,
        identifier=keys.encrypt(digits.encode(), belongs_to(fresh)),
        key_number=keys.current,
    )
