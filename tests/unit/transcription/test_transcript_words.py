"""Words keep their times and their order; Persian is written as Persian is; speakers take turns."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.recognise import SampleRates
from transcription.transcript import (
    LONGEST_SEGMENT_WORDS,
    Segment,
    Word,
    as_text,
    as_written,
    in_talking_order,
    segments_of,
)

HALF_SPACE = "\u200c"


def words(text: str, start: int = 0, each: int = 100) -> tuple[Word, ...]:
    """The words of a text, one after the other."""
    return tuple(
        Word(word, start + number * each, start + (number + 1) * each, 0.9)
        for number, word in enumerate(text.split())
    )


def result_of(text: str) -> dict[str, object]:
    """As the recogniser gives it."""
    items = [
        {"word": word, "start": number * 0.5, "end": number * 0.5 + 0.4, "conf": 0.75}
        for number, word in enumerate(text.split())
    ]
    return {"result": items, "text": text}


def test_words_keep_times_in_milliseconds_and_confidence() -> None:
    (segment,) = segments_of(result_of("the light is broken"), "applicant", "en")
    assert segment.text == "the light is broken"
    assert segment.words[1] == Word("light", 500, 900, 0.75)
    assert (segment.start_ms, segment.end_ms) == (0, 1900)


def test_result_without_words_is_no_segment() -> None:
    assert segments_of({"text": ""}, "applicant", "en") == []


def test_speech_without_a_pause_is_cut_for_the_page() -> None:
    segments = segments_of(result_of("word " * (LONGEST_SEGMENT_WORDS + 3)), "applicant", "en")
    assert [len(segment.words) for segment in segments] == [LONGEST_SEGMENT_WORDS, 3]


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("مي خواهم", f"می{HALF_SPACE}خواهم"),
        ("نمي دانم", f"نمی{HALF_SPACE}دانم"),
        ("خیابان های تاریک", f"خیابان{HALF_SPACE}های تاریک"),
        ("كتاب من", "کتاب من"),
        ("سال 1405", "سال ۱۴۰۵"),
    ],
)
def test_persian_is_written_as_persian_is(heard: str, written: str) -> None:
    (segment,) = segments_of(result_of(heard), "applicant", "fa")
    assert segment.text == written


def test_joined_word_lasts_from_its_first_part_to_its_last() -> None:
    parts = [Word("خیابان", 0, 400, 0.9), Word("های", 450, 600, 0.4), Word("شهر", 700, 900, 0.8)]
    first, second = as_written(parts, "fa")
    assert (first.start_ms, first.end_ms, first.confidence) == (0, 600, 0.4)
    assert second == Word("شهر", 700, 900, 0.8)


@given(st.lists(st.text(st.sampled_from("اابپيكمنهی‌\u0640\u064eهاتر17۵"), max_size=6), max_size=12))
def test_no_word_is_lost_or_moved_by_writing(heard: list[str]) -> None:
    given_words = [Word(text, number * 10, number * 10 + 9, 0.5) for number, text in enumerate(heard)]
    written = as_written(given_words, "fa")
    assert all(word.text for word in written)
    assert all(first.end_ms <= second.start_ms for first, second in pairwise(written))


def test_answer_stands_after_the_question_it_interrupts() -> None:
    question = Segment("applicant", words("when will the light be mended", 0, 500))
    answer = Segment("agent", words("tomorrow", 1600))
    order = [(one.speaker, one.text) for one in in_talking_order([answer, question])]
    assert order == [("applicant", "when will the light"), ("agent", "tomorrow"), ("applicant", "be mended")]


@given(
    st.lists(
        st.tuples(st.sampled_from(["applicant", "agent"]), st.integers(0, 5000), st.integers(1, 8)),
        max_size=8,
    )
)
def test_order_of_the_talk_loses_no_word(talk: list[tuple[str, int, int]]) -> None:
    segments = [Segment(speaker, words("word " * count, start)) for speaker, start, count in talk]
    ordered = in_talking_order(segments)
    assert sorted(word.start_ms for one in ordered for word in one.words) == sorted(
        word.start_ms for one in segments for word in one.words
    )
    assert [one.start_ms for one in ordered] == sorted(one.start_ms for one in ordered)
    assert as_text(ordered).count("word") == sum(count for _, _, count in talk)


@pytest.mark.parametrize(
    ("conf", "given_in"),
    [
        ("--sample-frequency=16000\n--allow-downsample=true\n", 16000),
        ("--sample-frequency=16000\n--allow-upsample=true # telephone\n", 8000),
        ("--sample-frequency=8000\n", 8000),
        ("", 16000),
    ],
)
def test_telephone_sound_is_given_in_the_rate_the_model_takes(
    tmp_path: Path, conf: str, given_in: int
) -> None:
    (tmp_path / "mfcc.conf").write_text(conf)
    assert SampleRates.read(tmp_path / "mfcc.conf").for_source(8000) == given_in
