"""A tracking code that was keyed wrongly is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persian.tracking_code import (
    CAPACITY,
    InvalidTrackingCode,
    check_tracking_code,
    format_tracking_code,
    is_valid_tracking_code,
    make_tracking_code,
)

CODES = st.integers(0, CAPACITY - 1).map(make_tracking_code)


@given(CODES)
def test_code_as_told_is_valid_however_it_is_written(code: str) -> None:
    assert check_tracking_code(format_tracking_code(code)) == code
    assert check_tracking_code(code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))) == code


@given(CODES, st.integers(0, 9), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(code: str, place: int, shift: int) -> None:
    wrong = str((int(code[place]) + shift) % 10)
    assert not is_valid_tracking_code(code[:place] + wrong + code[place + 1 :])


@given(CODES, st.integers(0, 8))
def test_every_swap_of_neighbours_is_noticed(code: str, place: int) -> None:
    if code[place] != code[place + 1]:
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert not is_valid_tracking_code(swapped)


@pytest.mark.parametrize("text", ["", "123", "12345678901", "abcdefghij", "123456789٫", "1234567890"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidTrackingCode):
        check_tracking_code(text)


@pytest.mark.parametrize("number", [-1, CAPACITY])
def test_numbers_beyond_the_capacity_make_no_code(number: int) -> None:
    with pytest.raises(ValueError, match="number lies in"):
        make_tracking_code(number)


def test_code_is_written_three_three_four() -> None:
    assert format_tracking_code("1234567894") == "123 456 7894"
