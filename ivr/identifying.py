"""What keyed digits identify, and how many more to wait for (article 5-3).

Pure, standard library and `persian` alone: the conversation and the emergency script both use it.
"""

from __future__ import annotations

from typing import Final

from persian.identifiers import LENGTH, IdentifierKind, is_valid_identifier

FIRST_KEYS: Final = LENGTH[IdentifierKind.NATIONAL_ID]
"""Keys gathered first: a whole national ID."""
ELEVENTH_SECONDS: Final = 2.5
"""Wait for an eleventh digit where ten are no national ID."""
LEGAL_PREFIXES: Final = ("10", "11", "14")
"""How legal persons' identifiers begin, as far as they are issued today."""


def keys_missing(keyed: str) -> tuple[int, float | None]:
    """How many keys may follow the first ten, and how long to wait for them (None: as usual).

    After `*` the rest of a foreign resident's twelve digits; after ten digits that are no national
    ID a legal person's eleventh.
    """
    if len(keyed) != FIRST_KEYS:
        return 0, None
    if keyed.startswith("*"):
        return LENGTH[IdentifierKind.FOREIGN_RESIDENT] + 1 - len(keyed), None
    if is_valid_identifier(IdentifierKind.NATIONAL_ID, keyed):
        return 0, None
    return 1, ELEVENTH_SECONDS


def identified(keyed: str) -> tuple[str, str] | None:
    """(kind, identifier) of what was keyed; None where it is no valid identifier."""
    if keyed.startswith("*"):
        kind, digits = IdentifierKind.FOREIGN_RESIDENT, keyed[1:]
    elif len(keyed) == LENGTH[IdentifierKind.LEGAL_PERSON]:
        kind, digits = IdentifierKind.LEGAL_PERSON, keyed
    else:
        kind, digits = IdentifierKind.NATIONAL_ID, keyed
    return (kind.value, digits) if is_valid_identifier(kind, digits) else None


def lengthened(
    found: tuple[str, str], next_key: str, prefixes: tuple[str, ...] = LEGAL_PREFIXES
) -> tuple[str, str] | None:
    """The legal person meant by a valid national ID and one more key; None where nobody is."""
    kind, digits = found
    if kind != IdentifierKind.NATIONAL_ID or not digits.startswith(prefixes):
        return None
    longer = digits + next_key
    if not is_valid_identifier(IdentifierKind.LEGAL_PERSON, longer):
        return None
    return IdentifierKind.LEGAL_PERSON.value, longer
