"""Digits and letters of every keyboard end in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persian.digits import in_groups, only_digits, to_latin, to_persian
from persian.letters import HALF_SPACE, normalise, normalise_transcript, search_form

TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("كيىةهٔآأإؤئءۀـ\u200c\u200d\u200f\u00a0 \tمیهاترن۱٢3ﻻﷲ")
    )
)


@pytest.mark.parametrize(
    ("typed", "latin"),
    [("۰۱۲۳۴۵۶۷۸۹", "0123456789"), ("٠١٢٣٤٥٦٧٨٩", "0123456789"), ("کد ۱۲-٣4", "کد 12-34"), ("", "")],
)
def test_digits_of_every_script_are_understood(typed: str, latin: str) -> None:
    assert to_latin(typed) == latin


@given(st.text())
def test_digits_shown_in_persian_compute_to_the_same(text: str) -> None:
    assert to_latin(to_persian(text)) == to_latin(text)


def test_only_digits_leaves_separators_out() -> None:
    assert only_digits("+۹۸ (۲۱) 88-12") == "98218812"


def test_groups_keep_every_digit() -> None:
    assert in_groups("12345678901", (3, 3, 4)) == "123 456 7890 1"
    assert in_groups("1234", (3, 3, 4)) == "123 4"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("علي", "علی"),
        ("كتاب", "کتاب"),
        ("مدرسة", "مدرسه"),
        ("آبِ پاکِ کُتُب", "آب پاک کتب"),
        ("ســلام", "سلام"),
        ("می\u200c\u200cروم", "می‌روم"),
        ("می \u200c روم", "می‌روم"),
        ("نمي¬دانم", "نمی‌دانم"),
        (" کلمه‌ ", "کلمه"),
        ("خانهٔ ما", "خانۀ ما"),
        ("ﺳﻼﻡ", "سلام"),
        ("متن \u202bراست\u202c به چپ", "متن راست به چپ"),
        ("دو\u00a0\u00a0کلمه\n", "دو کلمه"),
        ("مسئول مؤثر", "مسئول مؤثر"),
    ],
)
def test_one_spelling_is_stored(written: str, stored: str) -> None:
    assert normalise(written) == stored


@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(TEXTS)
def test_search_form_of_the_search_form_is_itself(text: str) -> None:
    once = search_form(text)
    assert search_form(once) == once


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("كتاب هاي", "کتاب‌های"),
        ("مسؤول", "مسوول"),
        ("آب", "اب"),
        ("۱۲ تير", "12 تیر"),
        ("خانه، خيابان", "خانه خیابان"),
        ("Water PIPE", "water pipe"),
        ("املاء", "املا"),
    ],
)
def test_search_finds_the_word_however_it_is_typed(typed: str, stored: str) -> None:
    assert search_form(typed) == search_form(stored)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("من می خواهم", "من می‌خواهم"),
        ("نمی دانم چرا", "نمی‌دانم چرا"),
        ("خیابان های شهر", "خیابان‌های شهر"),
        ("کتاب ها", "کتاب‌ها"),
        ("بزرگ تر", "بزرگ‌تر"),
        ("خسته ام", "خسته‌ام"),
        ("رفته اند", "رفته‌اند"),
        ("گفتم ای خدا", "گفتم ای خدا"),
        ("چه ام شده", "چه ام شده"),
        ("هوا سرد است", "هوا سرد است"),
        ("قدیمی خانه", "قدیمی خانه"),
    ],
)
def test_transcript_is_written_as_persian_is_written(heard: str, written: str) -> None:
    assert normalise_transcript(heard) == written


@given(st.lists(st.sampled_from(["می", "نمی", "خواهم", "کتاب", "ها", "تر", "ام", "های", "را", "و"])))
def test_transcript_loses_and_moves_no_word(words: list[str]) -> None:
    text = " ".join(words)
    assert normalise_transcript(text).replace(HALF_SPACE, " ") == text
