"""Every error the code can raise has its words, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.requests import Request

import casebridge
from casebridge.problems import catalogue, language_of

SOURCE = "\n".join(file.read_text() for file in Path(casebridge.__file__).parent.rglob("*.py"))


def test_every_problem_raised_is_in_the_catalogue() -> None:
    raised = set(re.findall(r'Problem\(\s*"([a-z_]+)"', SOURCE))
    assert len(raised) > 15
    assert raised <= catalogue()["problem"].keys()


def test_every_field_message_is_in_the_catalogue() -> None:
    named = set(re.findall(r'errors=\[\([^,]+, "([a-z_]+)"\)\]', SOURCE))
    named |= set(re.findall(r'PydanticCustomError\("([a-z_]+)"', SOURCE))
    assert len(named) > 8
    assert named <= catalogue()["field"].keys()


def test_every_entry_speaks_persian_and_english() -> None:
    for entry in catalogue()["problem"].values():
        assert 400 <= entry["status"] < 600
        for language in ("fa", "en"):
            assert entry[language]["title"]
            assert entry[language]["detail"]
        assert re.search("[\u0600-\u06ff]", entry["fa"]["title"])
    for entry in catalogue()["field"].values():
        assert re.search("[\u0600-\u06ff]", entry["fa"])
        assert entry["en"].isascii()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fa"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fa-IR,fa;q=0.9,en;q=0.8", "fa"),
        ("en;q=0.3, fa;q=0.7", "fa"),
        ("de, en;q=0.2", "en"),
        ("de", "fa"),
        ("en;q=x", "fa"),
        ("\u00ff" * 5000, "fa"),
    ],
)
def test_the_language_is_the_one_asked_for(header: str, language: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", header.encode("latin-1"))]}
    assert language_of(Request(scope)) == language
