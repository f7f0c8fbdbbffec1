"""National identifiers: no service without a valid one (article 5-3).

What is checked, and where the rules come from:

* National ID of an Iranian (ten digits): nine digits weighted 10…2, modulo 11; a remainder below 2
  is the check digit, otherwise 11 less the remainder. Digits all alike pass that sum but are never
  issued. Published by the National Organisation for Civil Registration and used by banks and shops.
* National ID of a legal person (eleven digits): the tens digit plus 2 is added to each of the first
  ten digits, weights 29, 27, 23, 19, 17 twice, modulo 11, and 10 counts as 0.
* Foreign resident's universal code (twelve digits): the tax administration's invoice format names
  twelve digits and no check digit, and no check is published anywhere else we know of.
  So only length and "not all alike" are checked; a slip of one digit is *not* noticed here.
"""

from __future__ import annotations

import random
from enum import StrEnum
from typing import Final

from persian.digits import to_latin

MASK: Final = "•"
VISIBLE_TAIL: Final = 3
"""Digits of an identifier that stay readable in lists and logs, so that two people can agree on one."""

_SEPARATORS: Final = str.maketrans("", "", " -_/\u200c\u200e\u200f\u00a0")
_LEGAL_WEIGHTS: Final = (29, 27, 23, 19, 17) * 2


class IdentifierKind(StrEnum):
    """Whose identifier it is; the values travel in records and over the bridge."""

    NATIONAL_ID = "national_id"
    FOREIGN_RESIDENT = "foreign_resident"
    LEGAL_PERSON = "legal_person"


LENGTH: Final = {
    IdentifierKind.NATIONAL_ID: 10,
    IdentifierKind.FOREIGN_RESIDENT: 12,
    IdentifierKind.LEGAL_PERSON: 11,
}
"""Digits each kind has."""


class InvalidIdentifier(ValueError):
    """An identifier that can't exist. The message never holds the identifier itself."""


class InvalidNationalId(InvalidIdentifier):
    """Not a national ID of an Iranian person."""


class InvalidForeignResidentCode(InvalidIdentifier):
    """Not a foreign resident's universal code."""


class InvalidLegalPersonId(InvalidIdentifier):
    """Not a national ID of a legal person."""


_ERRORS: Final[dict[IdentifierKind, type[InvalidIdentifier]]] = {
    IdentifierKind.NATIONAL_ID: InvalidNationalId,
    IdentifierKind.FOREIGN_RESIDENT: InvalidForeignResidentCode,
    IdentifierKind.LEGAL_PERSON: InvalidLegalPersonId,
}


def check_identifier(kind: IdentifierKind | str, text: str) -> str:
    """The identifier as Latin digits, checked by the rules of its kind.

    Args:
        kind: whose identifier it is.
        text: as typed or keyed; digits of any script, spaces and hyphens are understood.

    Raises:
        InvalidIdentifier: the subclass of the kind, with the reason and without the digits.
    """
    kind = IdentifierKind(kind)
    digits = to_latin(text).translate(_SEPARATORS)
    error = _ERRORS[kind]
    if not (digits.isascii() and digits.isdigit()):
        raise error("only digits are allowed")
    if len(digits) != LENGTH[kind]:
        raise error(f"{len(digits)} digits, {LENGTH[kind]} expected")
    if len(set(digits)) == 1:
        raise error("all digits are alike")
    if kind is not IdentifierKind.FOREIGN_RESIDENT and digits[-1] != check_digit(kind, digits[:-1]):
        raise error("the check digit does not fit")
    return digits


def is_valid_identifier(kind: IdentifierKind | str, text: str) -> bool:
    """Whether `check_identifier` would accept it."""
    try:
        check_identifier(kind, text)
    except InvalidIdentifier:
        return False
    return True


def check_digit(kind: IdentifierKind, body: str) -> str:
    """The last digit that makes an identifier of this kind out of all its other digits.

    Raises:
        InvalidIdentifier: where the kind has no check digit or the body another length.
    """
    if len(body) != LENGTH[kind] - 1:
        raise _ERRORS[kind](f"{len(body)} digits before the check digit, {LENGTH[kind] - 1} expected")
    if kind is IdentifierKind.NATIONAL_ID:
        remainder = (
            sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        )
        return str(remainder if remainder < 2 else 11 - remainder)
    if kind is IdentifierKind.LEGAL_PERSON:
        offset = int(body[-1]) + 2
        pairs = zip(body, _LEGAL_WEIGHTS, strict=True)
        return str(sum((int(digit) + offset) * weight for digit, weight in pairs) % 11 % 10)
    raise _ERRORS[kind]("this kind has no check digit")


def mask_identifier(text: str) -> str:
    """Only the last three digits stay readable: for lists and logs (promise 5)."""
    digits = to_latin(text)
    hidden = max(len(digits) - VISIBLE_TAIL, 0)
    if hidden < VISIBLE_TAIL:
        return MASK * len(digits)
    return MASK * hidden + digits[hidden:]


def sample_identifier(kind: IdentifierKind | str, seed: int) -> str:
    """A valid identifier for tests and the demonstration, always the same for a seed.

    The first three digits of a national ID name the place of issue; 999 is not issued, so a sample
    is never a living person's. Legal persons' samples begin with 99, foreign residents' with 999.
    """
    kind = IdentifierKind(kind)
    prefix = "99" if kind is IdentifierKind.LEGAL_PERSON else "999"
    digits = random.Random(f"{kind}:{seed}")  # noqa: S311 - samples must repeat, not be secret
    size = LENGTH[kind] - len(prefix) - (kind is not IdentifierKind.FOREIGN_RESIDENT)
    body = prefix + "".join(digits.choice("0123456789") for _ in range(size))
    if kind is IdentifierKind.FOREIGN_RESIDENT:
        return body if len(set(body)) > 1 else body[:-1] + "0"
    return body + check_digit(kind, body)
