"""Telephone numbers come in many forms, are stored in one, and a land line tells its province."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import geocoder

from persian.identifiers import MASK
from persian.phones import (
    InvalidPhoneNumber,
    PhoneKind,
    mask_phone,
    national_digits,
    normalise_phone,
    phone_kind,
    province_of_phone,
    spoken_groups,
)
from persian.provinces import Province, UnknownProvince, province, province_by_area_code, provinces


@pytest.mark.parametrize(
    ("typed", "stored", "kind"),
    [
        ("09121234567", "+989121234567", PhoneKind.MOBILE),
        ("9121234567", "+989121234567", PhoneKind.MOBILE),
        ("989121234567", "+989121234567", PhoneKind.MOBILE),
        ("00989121234567", "+989121234567", PhoneKind.MOBILE),
        ("+98 912 123 4567", "+989121234567", PhoneKind.MOBILE),
        ("۰۹۱۲ ۱۲۳ ۴۵۶۷", "+989121234567", PhoneKind.MOBILE),
        ("021-88123456", "+982188123456", PhoneKind.LANDLINE),
        ("2188123456", "+982188123456", PhoneKind.LANDLINE),
        ("+4930123456", "+4930123456", PhoneKind.LANDLINE),
    ],
)
def test_every_usual_form_is_stored_as_one(typed: str, stored: str, kind: PhoneKind) -> None:
    assert normalise_phone(typed) == stored
    assert phone_kind(typed) is kind


@pytest.mark.parametrize(
    "typed", ["", "   ", "111", "abc", "0912123456", "88123456", "anonymous", "09121234567;x", "0" * 60, "+"]
)
def test_what_cannot_be_called_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPhoneNumber):
        normalise_phone(typed)
    assert province_of_phone(typed) is None


@pytest.mark.parametrize("row", provinces().values(), ids=lambda row: row.name["en"])
def test_land_line_tells_its_province_as_the_number_plan_does(row: Province) -> None:
    number = f"0{row.area_code}32212345"
    assert province_of_phone(number) == row.code
    named = geocoder.description_for_number(phonenumbers.parse(number, "IR"), "en")
    assert named.split()[-1] == "province" or _letters(named)[-6:] == _letters(row.name["en"])[-6:]


def _letters(name: str) -> str:
    return name.lower().replace("-", "").replace(" ", "").replace("azarb", "azerb")


@pytest.mark.parametrize("typed", ["09121234567", "+4930123456"])
def test_mobiles_and_numbers_abroad_tell_no_province(typed: str) -> None:
    assert province_of_phone(typed) is None


def test_masked_number_hides_the_subscriber() -> None:
    assert mask_phone("09121234567") == f"+98912{MASK * 5}67"
    assert mask_phone("unknown") == MASK * 7


@pytest.mark.parametrize(
    ("typed", "digits", "groups"),
    [
        ("+989121234567", "09121234567", (4, 3, 2, 2)),
        ("+982188123456", "02188123456", (3, 2, 2, 2, 2)),
    ],
)
def test_number_is_read_aloud_as_people_say_it(typed: str, digits: str, groups: tuple[int, ...]) -> None:
    assert spoken_groups(typed) == (digits, groups)
    assert sum(groups) == len(digits)


@given(st.text(max_size=60))
def test_any_caller_id_is_taken_or_refused_but_never_breaks(text: str) -> None:
    try:
        number = normalise_phone(text)
    except InvalidPhoneNumber:
        return
    assert normalise_phone(number) == number
    assert normalise_phone(national_digits(number)) == number


def test_there_are_31_provinces_with_unlike_codes_and_area_codes() -> None:
    rows = provinces()
    assert list(rows) == [f"{code:02d}" for code in range(31)]
    assert len({row.area_code for row in rows.values()}) == 31
    assert province("23").capital == {"fa": "تهران", "en": "Tehran"}
    assert province_by_area_code("99") is None
    with pytest.raises(UnknownProvince):
        province("31")
