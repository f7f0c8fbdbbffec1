"""Tracking codes: ten digits spoken 3-3-4, the last a Damm check digit.

Damm's digit notices every single wrong digit and every swap of neighbours, the two slips people
make when they key a code they were told. Which code comes next is the bridge's matter (leased
blocks, permuted); this module only knows the form.
"""

from __future__ import annotations

from typing import Final

from stdnum import damm

from persian.digits import TRACKING_CODE_GROUPS, in_groups, to_latin

LENGTH: Final = 10
BODY_LENGTH: Final = LENGTH - 1
CAPACITY: Final = 10**BODY_LENGTH
"""How many codes exist."""


class InvalidTrackingCode(ValueError):
    """A code that was never told: wrong length, letters, or a check digit that does not fit."""


def make_tracking_code(number: int) -> str:
    """The code of a number below `CAPACITY`: nine digits and their check digit.

    Raises:
        ValueError: the number is negative or too large.
    """
    if not 0 <= number < CAPACITY:
        raise ValueError(f"a tracking code's number lies in 0…{CAPACITY - 1}")
    body = f"{number:0{BODY_LENGTH}d}"
    return body + str(damm.calc_check_digit(body))


def check_tracking_code(text: str) -> str:
    """The code as ten Latin digits; spaces and hyphens between them are understood.

    Raises:
        InvalidTrackingCode: with the reason.
    """
    digits = to_latin(text).translate(_SEPARATORS)
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidTrackingCode("only digits are allowed")
    if len(digits) != LENGTH:
        raise InvalidTrackingCode(f"{len(digits)} digits, {LENGTH} expected")
    if not damm.is_valid(digits):
        raise InvalidTrackingCode("the check digit does not fit")
    return digits


def is_valid_tracking_code(text: str) -> bool:
    """Whether `check_tracking_code` would accept it."""
    try:
        check_tracking_code(text)
    except InvalidTrackingCode:
        return False
    return True


def format_tracking_code(code: str) -> str:
    """The code as people write it: "123 456 7890"."""
    return in_groups(code, TRACKING_CODE_GROUPS)


_SEPARATORS: Final = str.maketrans("", "", " -\u200c\u200e\u200f\u00a0")
