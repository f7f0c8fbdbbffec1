"""How like two matters of one applicant are, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.repeats.rules import WEIGHTS, Matter, likeness
from casebridge.search.rules import searchable

AT = datetime(2026, 5, 1, tzinfo=UTC)
WATER = Matter(
    words=searchable(["آب روستای ما سه روز است قطع شده و تانکر نیامده"]),
    kind="complaint",
    opened_at=AT,
    subject="water_cut",
    province="23",
    county="2301",
)
SAID = "قطع قبض آب روستای خیابان تانکر water street broken"
matters = st.builds(
    Matter,
    words=st.lists(st.sampled_from(SAID.split())).map(" ".join),
    kind=st.sampled_from(["complaint", "request", "unclassified"]),
    opened_at=st.integers(0, 400).map(lambda days: AT + timedelta(days=days)),
    subject=st.sampled_from([None, "water_cut", "gas"]),
    province=st.sampled_from([None, "23", "10"]),
    county=st.sampled_from([None, "2301", "2302"]),
)


@pytest.mark.parametrize(
    ("change", "is_likely"),
    [
        ({}, True),
        ({"words": searchable(["تانکر آب روستاهای ما نیامد و آب قطع است"]), "subject": None}, True),
        ({"kind": "unclassified", "opened_at": AT + timedelta(days=20)}, True),
        ({"words": searchable(["مدرسه بچه‌ها معلم ندارد"]), "subject": "teacher_shortage"}, False),
        ({"words": "", "subject": None, "opened_at": AT + timedelta(days=90)}, False),
        ({"words": searchable(["قبض گاز اشتباه است"]), "subject": None, "province": "10"}, False),
    ],
)
def test_the_same_matter_is_told_from_another(change: dict[str, object], is_likely: bool) -> None:
    assert likeness(WATER, replace(WATER, **change)).is_likely is is_likely  # type: ignore[arg-type]


def test_the_reasons_say_which_words_and_how_long_ago() -> None:
    other = replace(WATER, words=searchable(["تانکر به روستای شما آمد؟"]), opened_at=AT + timedelta(days=30))
    like = likeness(WATER, other)
    assert like.shared_words == ("روستای", "تانکر")
    assert like.days_apart == 30
    parts = {part.name: part.value for part in like.parts}
    assert parts["days"] == pytest.approx(0.5)
    assert (parts["subject"], parts["kind"], parts["place"]) == (1.0, 1.0, 1.0)


def test_what_nobody_knows_speaks_neither_for_nor_against() -> None:
    bare = Matter("", "unclassified", AT)
    like = likeness(bare, bare)
    assert [part.value for part in like.parts] == [None, None, None, None, 1.0]
    assert like.score == pytest.approx(0.5 * (1 - WEIGHTS["days"]) + WEIGHTS["days"])


@given(matters, matters)
def test_likeness_is_the_same_both_ways_and_a_share(one: Matter, other: Matter) -> None:
    like, back = likeness(one, other), likeness(other, one)
    assert 0 <= like.score <= 1
    assert like.score == pytest.approx(back.score)
    assert sum(WEIGHTS.values()) == pytest.approx(1)


@given(matters)
def test_nothing_is_more_like_a_matter_than_itself(one: Matter) -> None:
    itself = likeness(one, one)
    other = replace(
        one, words="something else entirely" if one.words else "", opened_at=AT - timedelta(days=9)
    )
    assert likeness(one, other).score <= itself.score
