"""Reading a record before anything is written: open the sealed part, check it, encrypt it for rest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from casebridge.applicants.identity import ClosedIdentity, close_identity
from casebridge.cases.numbers import close_numbers
from casebridge.cases.schemas import IdentifierKind
from casebridge.crypto import KeyRing
from casebridge.intakes.schemas import ApplicantWord, CallReport, Intake, Record
from casebridge.problems import Problem
from casebridge.tables import new_id
from casebridge.wire import EARLIEST
from line111.clock import now
from line111.sealing import NotSealedForUs, unseal
from persian.identifiers import InvalidIdentifier

_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
KINDS = frozenset(kind.value for kind in IdentifierKind)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who phoned, and the numbers they can be reached by, closed for their case."""

    applicant: ClosedIdentity
    numbers: bytes | None


@dataclass(slots=True)
class Prepared:
    """A record that is good in itself; what is there already decides the rest."""

    record: Record
    content_hash: bytes
    accepted_at: datetime
    key_number: int
    identity: Identity | None = None
    caller: bytes | None = None
    callback_id: UUID = field(default_factory=new_id)

    def moment(self, told: datetime) -> datetime:
        """When it happened, by the node's clock as far as that can be: never after it came to us.

        A node whose clock is wrong must not put its callers before others, or off for a year.
        """
        return told if EARLIEST <= told <= self.accepted_at else self.accepted_at


def prepare(record: Record, keys: KeyRing, *, sealing_private: str, lookup_key: str) -> Prepared:
    """Opens and checks a record. Pure but for randomness and the clock.

    Raises Problem 422 naming the field: a box that does not open, an identifier that can't exist
    (article 5-3), an end before the beginning. The spool keeps what is refused.
    """
    prepared = Prepared(
        record=record,
        content_hash=hashlib.sha256(record.model_dump_json().encode()).digest(),
        accepted_at=now(),
        key_number=keys.current,
    )
    if isinstance(record, Intake | ApplicantWord):
        document = _open(record.sealed, sealing_private, "sealed")
        prepared.identity = _identity(document, record.record_id, keys, lookup_key)
    elif isinstance(record, CallReport):
        if record.ended_at < record.started_at:
            raise Problem("invalid_request", errors=[("ended_at", "order")])
        if record.caller_sealed:
            document = _open(record.caller_sealed, sealing_private, "caller_sealed")
            plain = json.dumps({"caller_number": _number(document, "caller_number")})
            prepared.caller = keys.encrypt(plain.encode(), f"call:{record.record_id}")
    return prepared


def _open(sealed: str, private: str, name: str) -> dict[str, Any]:
    try:
        return unseal(sealed, private)
    except NotSealedForUs:
        raise Problem("invalid_request", errors=[(name, "sealed_unreadable")]) from None


def _identity(document: dict[str, Any], case_id: UUID, keys: KeyRing, lookup_key: str) -> Identity:
    kind, identifier = document.get("identifier_kind"), document.get("identifier")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Problem("invalid_request", errors=[("sealed.identifier_kind", "enum")])
    try:
        applicant = close_identity(keys, lookup_key, kind, identifier if isinstance(identifier, str) else "")
    except InvalidIdentifier:
        raise Problem("invalid_request", errors=[("sealed.identifier", "identifier_invalid")]) from None
    numbers = {
        "contact_number": _number(document, "contact_number"),
        "caller_number": _number(document, "caller_number"),
    }
    return Identity(applicant, close_numbers(keys, case_id, numbers))


def _number(document: dict[str, Any], name: str) -> str | None:
    """A number as far as it can be dialled or read; an odd caller ID must not cost the case."""
    value = document.get(name)
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else None
