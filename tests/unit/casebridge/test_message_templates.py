"""Every action is told in both languages, in few segments, with nothing left open."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from casebridge.cases.life import Action
from casebridge.cases.steps import NOT_TOLD, TOLD_TO_APPLICANT
from casebridge.notifications.rows import message_row
from casebridge.notifications.schemas import Audience
from casebridge.notifications.texts.segments import measure
from casebridge.notifications.texts.templates import (
    LANGUAGES,
    PLACES,
    Template,
    UnknownTemplate,
    all_templates,
    places_in,
    template,
)

ACTIONS = (
    "registered", "referred", "taken", "asked", "interim_answer", "answered", "accepted", "objected",
    "second_review", "closed", "escalated", "linked", "reopened", "supplied", "withdrawn", "service_recorded",
    "unlinked",
)  # fmt: skip
EVERYTHING = {
    "unit": "فرمانداری شهرستان نمونه",
    "due_at": datetime(2026, 11, 24, tzinfo=UTC),
    "text": "متن",
    "why": "not_ours",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_told_to_the_applicant_and_the_law_demands_it(action: str, language: str) -> None:
    found = template("applicant", action, language)
    assert found.legally_due
    assert found.sms
    assert found.subject
    assert found.email


@pytest.mark.parametrize("found", all_templates(), ids=lambda t: f"{t.audience}-{t.name}-{t.language}")
def test_a_template_has_only_places_that_are_filled_and_fits_three_segments(found: Template) -> None:
    for text in (found.sms, found.subject, found.email):
        assert places_in(text) <= PLACES
        assert text.count("[") == text.count("]")
    row = message_row(
        found.name,
        at=datetime(2026, 11, 24, tzinfo=UTC),
        key="k",
        language=found.language,
        values=EVERYTHING,
        audience=Audience(found.audience),
        tracking_code="1234567890",
    )
    assert not re.search(r"[{}\[\]]", row["text"] + row["email_text"] + row["subject"])
    assert row["segments"] == measure(row["text"]).segments <= 3


def test_the_applicant_is_told_of_every_action_or_it_is_said_why_not() -> None:
    assert set(TOLD_TO_APPLICANT) | set(NOT_TOLD) == set(Action)
    assert not set(TOLD_TO_APPLICANT) & set(NOT_TOLD)
    assert all(NOT_TOLD.values())
    for name in TOLD_TO_APPLICANT.values():
        for language in LANGUAGES:
            assert template("applicant", name, language).legally_due


@pytest.mark.parametrize(("language", "told"), [("fa", "مجوز"), ("en", "it needs their permit")])
def test_the_applicant_hears_why_but_not_what_was_noted_beside_it(language: str, told: str) -> None:
    def said(why: str) -> str:
        at = datetime(2026, 11, 24, tzinfo=UTC)
        return str(message_row("referred", at=at, key="k", language=language, values={"why": why})["text"])

    assert told in said("permit")
    assert said("a word between officials") == said("other") == said("")


def test_both_languages_have_the_same_templates() -> None:
    names = {language: set() for language in LANGUAGES}
    for found in all_templates():
        names[found.language].add((found.audience, found.name))
    assert names["fa"] == names["en"]


def test_persian_is_written_in_persian_letters_and_english_in_latin_ones() -> None:
    for found in all_templates():
        words = re.sub(r"\{[a-z]+\}", "", found.sms + found.subject + found.email)
        assert bool(re.search(r"[a-zA-Z]", words)) == (found.language == "en")
        assert bool(re.search(r"[\u0600-\u06ff]", words)) == (found.language == "fa")


def test_what_has_nothing_to_say_is_left_out_with_the_words_around_it() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    bare = message_row("referred", at=at, key="k", language="en", values={}, tracking_code=None)
    assert bare["text"] == "SAMAD: your case was referred."
    full = message_row(
        "referred",
        at=at,
        key="k",
        language="en",
        values={"unit": "County desk of Example", "due_at": "2026-12-01T08:00:00+00:00"},
        tracking_code="1234567890",
    )
    assert full["text"] == (
        "SAMAD: your case 1234567890 was referred to County desk of Example. Answer due by 1 December 2026."
    )


def test_persian_messages_have_persian_digits_and_jalali_days() -> None:
    row = message_row(
        "referred",
        at=datetime(2026, 11, 24, tzinfo=UTC),
        key="k",
        language="fa",
        values={"due_at": datetime(2026, 12, 1, tzinfo=UTC)},
        tracking_code="1234567890",
    )
    assert "۱۲۳۴۵۶۷۸۹۰" in row["text"]
    assert "۱۴۰۵/۰۹/۱۰" in row["text"]


def test_a_long_answer_is_cut_in_the_text_message_and_whole_in_the_mail() -> None:
    answer = "a word and " * 100
    row = message_row(
        "answered",
        at=datetime(2026, 11, 24, tzinfo=UTC),
        key="k",
        language="en",
        values={"text": answer},
        tracking_code="1234567890",
    )
    assert "…" in row["text"]
    assert len(row["text"]) < 600
    assert answer.strip() in row["email_text"]


def test_an_unknown_template_is_an_error_and_an_unknown_language_is_persian() -> None:
    with pytest.raises(UnknownTemplate):
        template("applicant", "sung", "fa")
    assert template("applicant", "closed", "xx").language == "fa"
