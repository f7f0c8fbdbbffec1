"""Identifiers and telephone numbers are found in a text, however they are written or spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persian.digits import to_persian
from persian.long_numbers import without_long_numbers

SAID = "صفر صفر هشت چهار پنج هفت پنج نه چهار هشت"


@pytest.mark.parametrize(
    "number",
    [
        "0084575948",
        "۰۰۸۴۵۷۵۹۴۸",
        "٠٠٨٤٥٧٥٩٤٨",
        "008-457-594 8",
        "۰۰۸/۴۵۷/۵۹۴۸",
        "+98 912 123 4567",
        "۰۹۱۲\u200c۱۲۳\u200c۴۵۶۷",
        "۰۹۱۲.۱۲۳.۴۵.۶۷",
        SAID,
        SAID.replace(" ", "، "),
        "صفر نهصد و دوازده سیصد و چهل و پنج شصت و هفت هشتاد و نه",
        "صفرِ نهصد و دوازده ۳۴۵ شصتِ هفت هشتاد و نه",
        "oh nine one two, three four five",
        "Zero nine ONE 2 3 4 5",
    ],
)
def test_a_number_is_taken_out_and_the_words_around_it_stay(number: str) -> None:
    text = f"سلام، شماره‌ی من {number} است! متشکرم."
    assert without_long_numbers(text, "•••") == "سلام، شماره‌ی من ••• است! متشکرم."
    assert without_long_numbers(f"id:{number}.", "…").strip() == "id:…."


@pytest.mark.parametrize(
    "text",
    [
        "پلاک ۱۲ واحد ۳ از سال ۱۴۰۳",
        "بیست و پنج میلیون و سیصد هزار تومان",
        "one or two weeks",
        "",
        "۱۲۳ و ۴۵۶",
    ],
)
def test_amounts_years_and_house_numbers_stay(text: str) -> None:
    assert without_long_numbers(text, "•••") == text


@given(st.text(max_size=40), st.integers(10**9, 10**12), st.text(max_size=40))
def test_no_long_number_survives_whatever_stands_around_it(before: str, number: int, after: str) -> None:
    for digits in (str(number), to_persian(str(number))):
        assert digits not in without_long_numbers(f"{before}{digits}{after}", " ")
