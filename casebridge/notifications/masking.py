"""Receivers as screens and logs may show them, and the hash they are found by."""

from __future__ import annotations

from casebridge.crypto import keyed_hash
from persian.phones import InvalidPhoneNumber, mask_phone, normalise_phone

MASK = "•••"


def masked(receiver: str) -> str:
    """A number as "+98912•••••67", an address as "a•••@example.ir"."""
    name, at, domain = receiver.partition("@")
    if at:
        return f"{name[:1]}{MASK}@{domain}"[:64]
    return mask_phone(receiver)


def contact_hash(key: str, receiver: str) -> bytes:
    """Keyed hash of a number (in whatever form) or an address."""
    return keyed_hash(key, "contact", normal(receiver))


def normal(receiver: str) -> str:
    """E.164 for numbers, small letters for addresses."""
    if "@" in receiver:
        return receiver.strip().lower()
    try:
        return normalise_phone(receiver)
    except InvalidPhoneNumber:
        return receiver.strip()
