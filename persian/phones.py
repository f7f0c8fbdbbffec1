"""Telephone numbers: E.164 for storing, masked for lists, in spoken groups for the ear.

Validity comes from the tables of libphonenumber (`phonenumbers`); the province of a land line from
its area code. A mobile number tells no province.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from persian.digits import to_latin
from persian.identifiers import MASK
from persian.provinces import AREA_CODE_LENGTH, province_by_area_code

IRAN: Final = 98
_REGION: Final = "IR"
_LONGEST_INPUT: Final = 40


class PhoneKind(StrEnum):
    """What a number can be called for."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"
    """Toll-free, premium and the like, and every number abroad that is not surely one of the above."""


class InvalidPhoneNumber(ValueError):
    """Not a number that can be called. The message never holds the number itself."""


def normalise_phone(text: str) -> str:
    """The number in E.164 ("+989121234567").

    Understands digits of any script, spaces, hyphens and brackets, and every usual form: 0912…,
    912… (as some exchanges send it), 98912…, 0098912…, +98912…; numbers abroad with + or 00
    (Iranians abroad may call, article 9-2).

    Raises:
        InvalidPhoneNumber: with the reason.
    """
    return phonenumbers.format_number(_parse(text), PhoneNumberFormat.E164)


def phone_kind(text: str) -> PhoneKind:
    """Mobile, landline or other. Raises InvalidPhoneNumber."""
    kinds = {
        PhoneNumberType.MOBILE: PhoneKind.MOBILE,
        PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
    }
    return kinds.get(phonenumbers.number_type(_parse(text)), PhoneKind.OTHER)


def province_of_phone(text: str) -> str | None:
    """The two-digit code of the province an Iranian land line lies in; None where it doesn't tell.

    Never raises: a number that is withheld or broken simply tells nothing.
    """
    try:
        number = _parse(text)
    except InvalidPhoneNumber:
        return None
    if number.country_code != IRAN or phonenumbers.number_type(number) != PhoneNumberType.FIXED_LINE:
        return None
    area = phonenumbers.national_significant_number(number)[:AREA_CODE_LENGTH]
    found = province_by_area_code(area)
    return found.code if found else None


def mask_phone(text: str) -> str:
    """For lists and logs: "+98912•••••67". What is no number is masked whole."""
    try:
        number = normalise_phone(text)
    except InvalidPhoneNumber:
        return MASK * len(text)
    tail = 2
    head = 6 if number.startswith(f"+{IRAN}") else 3
    return number[:head] + MASK * (len(number) - head - tail) + number[-tail:]


def national_digits(text: str) -> str:
    """The digits as a person in Iran dials them: "09121234567"; abroad "0049…". Raises InvalidPhoneNumber."""
    number = _parse(text)
    national: str = phonenumbers.national_significant_number(number)
    return f"0{national}" if number.country_code == IRAN else f"00{number.country_code}{national}"


def spoken_groups(text: str) -> tuple[str, tuple[int, ...]]:
    """Digits to read aloud and the sizes of their groups, for `persian.spoken.digit_prompts`.

    Mobiles as people say them (0912 123 45 67), land lines as area code and pairs (021 88 12 34 56).
    """
    digits = national_digits(text)
    kind = phone_kind(text)
    if digits.startswith("00"):
        return digits, tuple(3 for _ in range(len(digits) // 3))
    if kind is PhoneKind.MOBILE:
        return digits, (4, 3, 2, 2)
    return digits, (AREA_CODE_LENGTH + 1, 2, 2, 2, 2)


def _parse(text: str) -> phonenumbers.PhoneNumber:
    cleaned = to_latin(text).strip()
    if not cleaned or len(cleaned) > _LONGEST_INPUT:
        raise InvalidPhoneNumber("empty or far too long")
    if cleaned.startswith("00"):
        cleaned = "+" + cleaned[2:]
    for candidate in (cleaned, f"+{cleaned}"):
        try:
            number = phonenumbers.parse(candidate, _REGION)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and (candidate is cleaned or number.country_code == IRAN):
            return number
    raise InvalidPhoneNumber("no telephone number that can be called")
