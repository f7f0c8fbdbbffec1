"""What can be searched, and how a question is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.search.rules import (
    BOUNDARY,
    Term,
    fts5_expression,
    place_in_time,
    read_question,
    searchable,
    tsquery_expression,
)
from persian.identifiers import sample_identifier

ID = UUID("019a0000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    "spelling", ["كتابهاي علي", "کتاب‌های علی", "کتاب های علی", "کِتابهای  علی", "کتابهای علی"]
)
def test_every_spelling_of_a_word_is_found_joined(spelling: str) -> None:
    assert {"کتابهای", "علی"} <= set(searchable([spelling]).split())


@pytest.mark.parametrize(
    "said",
    [
        "شماره من ۰۰۱۲۳۴۵۶۷۸ است",
        "شماره من ۰۹۱۲ ۳۴۵ ۶۷۸۹ است",
        "شماره من 021-8877 6655 است",
        "شماره من ۰۰۱.۲۳۴.۵۶۷-۸ است",
        "شماره من صفر نهصد و دوازده سیصد و چهل و پنج شصت و هفت هشتاد و نه است",
        "شماره من صفر صفر یک دو سه چهار پنج شش هفت هشت است",
    ],
)
def test_identifiers_and_telephone_numbers_are_never_searchable(said: str) -> None:
    assert searchable([said]) == "شماره من است"


@given(st.integers(1, 10**6))
def test_no_part_of_a_national_identifier_is_searchable(seed: int) -> None:
    identifier = sample_identifier("national_id", seed)
    assert searchable([f"کد ملی {identifier}", f"id:{identifier}."]) == f"کد ملی {BOUNDARY} id"


def test_amounts_years_and_house_numbers_stay_searchable() -> None:
    text = "پلاک ۱۲ واحد ۳ از سال ۱۴۰۳ بیست و پنج میلیون و سیصد هزار تومان"
    assert searchable([text]) == "پلاک 12 واحد 3 از سال 1403 بیست و پنج میلیون و سیصد هزار تومان"


@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ("آب قط", [Term(("اب",)), Term(("قط",), beginning=True)]),
        ("آب قط ", [Term(("اب",)), Term(("قط",))]),
        ("قطع آ", [Term(("قطع",)), Term(("ا",))]),
        ('"قطع آب" محله', [Term(("قطع", "اب")), Term(("محله",), beginning=True)]),
        ("«قطع آب»", [Term(("قطع", "اب"))]),
        ('"قطع آب', [Term(("قطع",)), Term(("اب",), beginning=True)]),
        ("می‌خواهم", [Term(("می", "خواهم"), beginning=True, joined="میخواهم")]),
        ("!؟ - «»", []),
    ],
)
def test_words_phrases_and_beginnings_are_told_apart(asked: str, terms: list[Term]) -> None:
    assert read_question(asked) == terms


def test_questions_in_the_words_of_each_database() -> None:
    terms = read_question('"قطع آب" می‌خواهم wat')
    assert fts5_expression(terms) == '"قطع اب" AND ("می خواهم" OR "میخواهم") AND "wat" *'
    assert tsquery_expression(terms) == "('قطع' <-> 'اب') & (('می' <-> 'خواهم') | 'میخواهم') & ('wat':*)"


@given(st.text(max_size=200))
def test_nothing_typed_becomes_an_operator(asked: str) -> None:
    for term in read_question(asked):
        for word in (*term.words, term.joined or "x"):
            assert word.isalnum() or not set(word) & set("'\"\\*:&|!<>()"), word


@given(st.datetimes(datetime(1990, 1, 1), datetime(2080, 1, 1)), st.integers(1, 10**9), st.uuids())  # noqa: DTZ001
def test_the_place_of_a_case_grows_with_its_moment(moment: datetime, micros: int, other: UUID) -> None:
    earlier = moment.replace(tzinfo=UTC)
    later = earlier + timedelta(microseconds=micros)
    assert place_in_time(earlier, other) < place_in_time(later, ID) < 2**63
