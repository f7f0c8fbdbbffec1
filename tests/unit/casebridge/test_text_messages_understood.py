"""What citizens write, and what it is taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.notifications.incoming.meaning import language_of, understand
from persian.digits import to_persian
from persian.tracking_code import format_tracking_code, make_tracking_code

CODE = make_tracking_code(123456789)


@pytest.mark.parametrize("text", ["1", "۱", "١", " 1. ", "1 thanks", "yes", "بله"[:0] + "قبول", "پذیرش"])
def test_one_accepts_in_digits_of_any_script(text: str) -> None:
    assert understand(text).intent == "accept"


@pytest.mark.parametrize("text", ["2", "۲", "٢", "2!", "no", "اعتراض"])
def test_two_objects(text: str) -> None:
    assert understand(text).intent == "object"


def test_what_follows_an_objection_is_its_reason() -> None:
    assert understand("2 the road is still broken").said == "the road is still broken"
    assert understand("۲، هنوز آب نداریم").said == "هنوز آب نداریم"


@pytest.mark.parametrize(
    "text",
    [
        f"1 {CODE}",
        f"{CODE} 1",
        f"1{' '}{format_tracking_code(CODE)}",
        to_persian(f"1-{CODE}"),
        f"1\n{CODE}\n",
    ],
)
def test_the_code_may_stand_anywhere(text: str) -> None:
    meaning = understand(text)
    assert (meaning.intent, meaning.code) == ("accept", CODE)


@pytest.mark.parametrize(
    "text", ["", "3", "11", "hello", "سلام", CODE, "12 1", "1 " + "and much more to say " * 5]
)
def test_anything_else_is_not_taken_for_a_decision(text: str) -> None:
    assert understand(text).intent == "unknown"


def test_a_code_with_a_wrong_check_digit_is_no_code() -> None:
    wrong = CODE[:-1] + str((int(CODE[-1]) + 1) % 10)
    assert understand(f"1 {wrong}").code is None


def test_stop_and_start_are_understood() -> None:
    assert understand("STOP").intent == "stop"
    assert understand("لغو").intent == "stop"
    assert understand("start").intent == "start"


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert understand(text).intent in {"accept", "object", "stop", "start", "unknown"}


def test_a_stranger_is_answered_in_persian_unless_they_write_latin_letters() -> None:
    assert language_of("سلام") == "fa"
    assert language_of("؟") == "fa"
    assert language_of("hello") == "en"
