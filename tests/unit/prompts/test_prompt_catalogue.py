"""Whatever the line may say has a text, in every language, and the text says what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk_conf.prompts.catalogue import (
    LANGUAGES,
    BrokenCatalogue,
    catalogue,
    pronunciation,
    read_catalogue,
)
from asterisk_conf.prompts.voices import voice_rows
from ivr.prompts import KINDS, PROVINCE_CODES, STATUSES, required
from persian.calendar import month_name
from persian.letters import normalise
from persian.numbers import number_words, ordinal_words
from persian.provinces import provinces
from persian.spoken import number_prompts, required_prompts

GRAMMAR = ("numbers/", "months_", "hours", "times/")
"""Groups whose ids follow the grammar of each language."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_a_call_can_play_has_a_text(language: str) -> None:
    assert required(language) - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_date_and_time_can_be_said(language: str) -> None:
    assert required_prompts(language) - set(catalogue(language)) == set()


def test_both_languages_hold_the_same_prompts() -> None:
    ids = [{one for one in catalogue(code) if not one.startswith(GRAMMAR)} for code in LANGUAGES]
    assert ids[0] ^ ids[1] == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_province_kind_and_status_has_a_name(language: str) -> None:
    wanted = {f"province/{code}" for code in (*PROVINCE_CODES, *provinces())}
    wanted |= {f"kind/{kind}" for kind in KINDS} | {f"status/{status}" for status in STATUSES}
    assert wanted <= set(catalogue(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_provinces_are_called_by_their_own_names(language: str) -> None:
    for code, province in provinces().items():
        assert normalise(catalogue(language)[f"province/{code}"].text) == normalise(province.name[language])


@given(st.integers(0, 10**12))
def test_persian_texts_of_a_number_join_to_its_words(number: int) -> None:
    prompts = catalogue("fa")
    assert " ".join(prompts[one].text for one in number_prompts("fa", number)) == number_words(number)


def test_persian_days_and_months_are_the_calendars() -> None:
    prompts = catalogue("fa")
    for day in range(1, 32):
        assert normalise(prompts[f"days/{day}"].text) == ordinal_words(day)
    for month in range(1, 13):
        assert normalise(prompts[f"months_jalali/{month}"].text).split()[0] == month_name(month)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_spelled_with_the_letters_of_their_language(language: str) -> None:
    for prompt in catalogue(language).values():
        if prompt.voice == "fa":
            assert not set(prompt.text) & set("يكىة0123456789"), prompt.id
        elif prompt.is_speech:
            assert prompt.text.isascii(), prompt.id


def test_english_is_offered_in_english_within_the_persian_greeting() -> None:
    prompt = catalogue("fa")["system/language_en"]
    assert (prompt.voice, "press nine" in prompt.text) == ("en", True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_a_voice_in_every_distribution(language: str) -> None:
    assert "espeak-ng" in {row["engine"] for row in voice_rows(language)}


def test_words_said_wrongly_are_respelled_whole_and_longest_first() -> None:
    prompts = catalogue("fa")
    assert "[[s'ado]]" in prompts["system/welcome"].say
    assert prompts["system/welcome"].text.count("صد و یازده") == 1
    assert "نهصد" in prompts["numbers/900"].text
    assert "[[n'oh]]" not in prompts["numbers/900"].say  # "نه" is respelled only where it stands alone


def test_no_entry_of_the_pronunciation_list_is_idle() -> None:
    texts = " ".join(prompt.text for prompt in catalogue("fa").values())
    assert [word for word in pronunciation("fa") if word not in texts] == []


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[menu]\nmain = 3", "menu/main"),
        ('[menu]\nmain = ""', "menu/main"),
        ('[menu]\nmain = { text = "x", voise = "en" }', "menu/main"),
        ('[menu]\nmain = { text = "x", voice = "de" }', "'de'"),
        ('[menu]\n"../../etc" = "x"', "menu/../../etc"),
        ('["../x"]\nmain = "x"', "../x"),
        ("[message]\nbeep = { tone_hz = 9000, ms = 400 }", "message/beep"),
        ("[silence]\nlong = { silence_ms = 999999 }", "silence/long"),
        ("[silence]\nlong = { silence_ms = true }", "silence/long"),
        ("menu = 3", "menu"),
        ("[menu\n", "line 1"),
    ],
)
def test_error_in_a_catalogue_is_named(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "fa.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BrokenCatalogue) as error:
        read_catalogue("fa", file)
    assert named in str(error.value)
    assert "fa.toml" in str(error.value)
