"""How the two languages write numbers, codes, days and hours."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.language import NotADate, language
from persian.digits import to_latin

FA, EN = language("fa"), language("en")
MOMENT = datetime(2026, 11, 24, 20, 45, tzinfo=UTC)


def test_a_tracking_code_is_written_in_three_three_four() -> None:
    assert EN.tracking("1234567890") == "123 456 7890"
    assert to_latin(FA.tracking("1234567890")) == "123 456 7890"
    assert FA.tracking("1234567890") != EN.tracking("1234567890")


def test_a_moment_after_midnight_in_tehran_belongs_to_the_next_day() -> None:
    assert EN.short_day(MOMENT) == "2026-11-25"
    assert to_latin(FA.short_day(MOMENT)) == "1405/09/04"
    assert EN.clock(MOMENT) == "00:15"


@given(st.dates(min_value=date(1925, 1, 1), max_value=date(2150, 1, 1)))
def test_a_written_day_is_read_back_as_the_same_day(day: date) -> None:
    for speech in (FA, EN):
        assert speech.parse_day(speech.short_day(day)) == day


@pytest.mark.parametrize(
    "text", ["", "1405", "1405/13/01", "1405/12/31", "yesterday", "1/2/3", "2026-02-30", "9" * 40]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(NotADate):
        FA.parse_day(text)


@given(st.text(max_size=40))
def test_nothing_typed_into_a_date_field_breaks_it(text: str) -> None:
    with contextlib.suppress(NotADate):
        assert isinstance(FA.parse_day(text), date)


def test_numbers_have_the_languages_digits_and_separators() -> None:
    assert EN.number(12345) == "12,345"
    assert to_latin(FA.number(12345)).replace("\u066c", ",") == "12,345"
    assert EN.duration(71.6) == "1:12"


def test_an_unknown_language_is_persian() -> None:
    assert language("xx").code == "fa"
    assert FA.direction == "rtl"
    assert EN.other_name != "English"
