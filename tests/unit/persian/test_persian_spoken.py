"""Numbers, dates and times are said by the rules of the language."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from persian.numbers import LIMIT, NumberTooLarge, number_words, ordinal_words
from persian.spoken import (
    LANGUAGES,
    PAUSE,
    UnknownLanguage,
    date_prompts,
    digit_prompts,
    number_prompts,
    required_prompts,
    time_prompts,
)

NUMBERS = st.one_of(st.integers(0, 2000), st.integers(0, LIMIT))
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "صفر"),
        (15, "پانزده"),
        (20, "بیست"),
        (123, "صد و بیست و سه"),
        (1000, "هزار"),
        (1001, "هزار و یک"),
        (1405, "هزار و چهارصد و پنج"),
        (2026, "دو هزار و بیست و شش"),
        (100_000, "صد هزار"),
        (1_000_000, "یک میلیون"),
        (1_200_350, "یک میلیون و دویست هزار و سیصد و پنجاه"),
        (10**9, "یک میلیارد"),
        (10**12, "هزار میلیارد"),
        (-7, "منفی هفت"),
    ],
)
def test_numbers_are_words_as_people_say_them(number: int, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "اول"),
        (2, "دوم"),
        (3, "سوم"),
        (10, "دهم"),
        (21, "بیست و یکم"),
        (23, "بیست و سوم"),
        (30, "سی‌ام"),
        (100, "صدم"),
        (130, "صد و سی‌ام"),
        (1000, "هزارم"),
    ],
)
def test_ordinals_take_their_irregular_ends(number: int, words: str) -> None:
    assert ordinal_words(number) == words


def test_ordinals_begin_at_one() -> None:
    with pytest.raises(ValueError, match="positive"):
        ordinal_words(0)


@given(st.integers(-LIMIT, LIMIT), st.integers(-LIMIT, LIMIT))
def test_no_two_numbers_have_the_same_words(one: int, other: int) -> None:
    assert (number_words(one) == number_words(other)) == (one == other)


@pytest.mark.parametrize("number", [LIMIT + 1, -LIMIT - 1])
def test_numbers_nobody_says_are_refused(number: int) -> None:
    with pytest.raises(NumberTooLarge):
        number_words(number)


@given(NUMBERS)
@example(4_001_000)
@example(10**12)
@example(5_000_001_001)
def test_persian_prompts_mean_the_number(number: int) -> None:
    said = [one.removeprefix("numbers/") for one in number_prompts("fa", number)]
    total = part = 0
    for index, name in enumerate(said):
        word, joined = name.removesuffix("_and"), name.endswith("_and")
        if word == "billion" and not part:
            total *= SCALES[word]  # "a thousand milliards"
        elif word in SCALES:
            total, part = total + (part or 1) * SCALES[word], 0
        else:
            part += int(word)
        following = said[index + 1].removesuffix("_and") if index + 1 < len(said) else ""
        # a number multiplies the scale after it; a bare "thousand" begins a part of its own
        multiplies = following in SCALES and (part > 0 or following == "billion")
        assert joined == bool(following and not multiplies)
    assert total + part == number


@given(NUMBERS)
def test_english_prompts_mean_the_number(number: int) -> None:
    total = part = 0
    for name in (one.removeprefix("numbers/") for one in number_prompts("en", number)):
        if name == "hundred":
            part *= 100
        elif name in SCALES:
            total, part = total + part * SCALES[name], 0
        else:
            part += int(name)
    assert total + part == number


@given(st.sampled_from(LANGUAGES), NUMBERS, st.dates(date(1950, 1, 1), date(2150, 1, 1)), st.times())
def test_nothing_is_ever_said_that_a_catalogue_need_not_hold(
    language: str, number: int, day: date, hour: time
) -> None:
    said = number_prompts(language, number) + date_prompts(language, day) + time_prompts(language, hour)
    assert set(said) <= required_prompts(language)


def test_code_is_said_in_groups_with_a_breath_between() -> None:
    said = digit_prompts("1234567894")
    assert [index for index, one in enumerate(said) if one == PAUSE] == [3, 7]
    assert "".join(one.removeprefix("digits/") for one in said if one != PAUSE) == "1234567894"


@given(st.text(st.sampled_from("0123456789۰۹٣ -"), max_size=20))
def test_digits_are_all_said_in_their_order(text: str) -> None:
    said = [one.removeprefix("digits/") for one in digit_prompts(text, (4, 3)) if one != PAUSE]
    assert "".join(said) == "".join(str(int(one)) for one in text if one.isdigit())


def test_persian_date_is_jalali_with_its_weekday() -> None:
    moment = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert date_prompts("fa", moment) == [
        "weekdays/tuesday",
        "days/3",
        "months_jalali/9",
        "numbers/thousand_and",
        "numbers/400_and",
        "numbers/5",
    ]


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (2026, ["20", "20", "6"]),
        (2005, ["2", "thousand", "5"]),
        (2000, ["2", "thousand"]),
        (1985, ["19", "80", "5"]),
    ],
)
def test_english_years_are_said_in_pairs(year: int, said: list[str]) -> None:
    prompts = date_prompts("en", date(year, 5, 17))
    assert prompts[1:3] == ["months_gregorian/5", "days/17"]
    assert [one.split("/")[1] for one in prompts[3:]] == said


@pytest.mark.parametrize(
    ("language", "hour", "said"),
    [
        ("fa", time(10, 30), ["hours_and/10", "numbers/30", "times/minutes", "times/morning"]),
        ("fa", time(12, 0), ["hours/12", "times/noon"]),
        ("fa", time(0, 5), ["hours_and/12", "numbers/5", "times/minutes", "times/small_hours"]),
        ("fa", time(21, 0), ["hours/9", "times/night"]),
        ("fa", time(17, 0), ["hours/5", "times/afternoon"]),
        ("en", time(17, 5), ["numbers/5", "times/oh", "numbers/5", "times/pm"]),
        ("en", time(0, 0), ["numbers/12", "times/am"]),
    ],
)
def test_hours_are_said_with_the_part_of_the_day(language: str, hour: time, said: list[str]) -> None:
    assert time_prompts(language, hour) == said


def test_hour_of_a_moment_is_tehrans() -> None:
    assert time_prompts("fa", datetime(2026, 11, 24, 7, 0, tzinfo=UTC)) == time_prompts("fa", time(10, 30))
    with pytest.raises(ValueError, match="time zone"):
        time_prompts("fa", datetime(2026, 11, 24, 7, 0))  # noqa: DTZ001


@pytest.mark.parametrize("language", ["de", "", "FA"])
def test_language_the_line_does_not_speak_is_named(language: str) -> None:
    for say in (lambda: number_prompts(language, 5), lambda: required_prompts(language)):
        with pytest.raises(UnknownLanguage):
            say()


@pytest.mark.parametrize("number", [-1, LIMIT + 1])
def test_numbers_the_line_cannot_say_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"negative|beyond"):
        number_prompts("fa", number)
