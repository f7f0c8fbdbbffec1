"""Promise 5: no identifier, telephone number, token or password is readable in a log."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from line111.masking import MASK, mask_field, mask_text

DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")
GROUPS = {
    10: [(3, 3, 4), (3, 6, 1), (10,)],
    11: [(4, 3, 4), (4, 7), (11,)],
    12: [(2, 3, 3, 4), (4, 4, 4), (12,)],
}


@st.composite
def identifiers(draw: st.DrawFn) -> str:
    """A number of 10, 11 or 12 digits in any script, as people write it."""
    length = draw(st.sampled_from([10, 11, 12]))
    digits = draw(st.lists(st.integers(0, 9), min_size=length, max_size=length))
    script = draw(st.sampled_from(DIGITS))
    separator = draw(st.sampled_from(["", " ", "-", "\u200c", "\u00a0"]))
    written, at = [], 0
    for size in draw(st.sampled_from(GROUPS[length])):
        written.append("".join(script[digit] for digit in digits[at : at + size]))
        at += size
    return separator.join(written)


def longest_run(text: str) -> int:
    """Digits in a row, written together or in groups."""
    runs = re.findall(r"\d(?:[ \-\u200c\u00a0]?\d)*", text)
    return max((sum(letter.isdigit() for letter in run) for run in runs), default=0)


@given(before=st.text(max_size=30), identifier=identifiers(), after=st.text(max_size=30))
@example("2026-11-24 ", "0012345678", "")
@example("id=2026-11-24", "0012345678", "-")
@example("http://h/?q=", "09123456789", "&x=1")
def test_no_identifier_survives_in_any_text(before: str, identifier: str, after: str) -> None:
    masked = mask_text(before + identifier + after)
    assert identifier not in masked
    assert longest_run(masked) < 10


FIELD_NAMES = st.sampled_from(
    ["event", "exception", "url", "note", "tracking_code", "call_id", "pressed", "x", "n"]
)


@given(
    name=FIELD_NAMES,
    identifier=identifiers(),
    wrap=st.sampled_from(["plain", "list", "tuple", "dict", "key", "bytes"]),
)
def test_no_identifier_survives_in_any_field(name: str, identifier: str, wrap: str) -> None:
    value = {
        "plain": identifier,
        "list": ["a", identifier],
        "tuple": (1, (identifier,)),
        "dict": {"deep": {"deeper": identifier}},
        "key": {identifier: 1},
        "bytes": identifier.encode(),
    }[wrap]
    assert identifier not in repr(mask_field(name, value))


@given(number=st.integers(min_value=10**9, max_value=10**12 - 1), name=FIELD_NAMES)
def test_an_identifier_logged_as_a_number_is_masked_too(number: int, name: str) -> None:
    assert str(number) not in str(mask_field(name, number))


class Caller:
    """Something whose repr tells too much."""

    def __repr__(self) -> str:
        return "Caller('0012345678')"


def test_an_objects_own_words_are_masked() -> None:
    assert mask_field("who", Caller()) == f"Caller('{MASK * 10}')"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Authorization: Bearer abc.DEF-123_x", "abc"),
        ("authorization=Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("redis://:hunter2@127.0.0.1:6311/0", "hunter2"),
        ("postgresql+asyncpg://line:hunter2@db/line", "hunter2"),
        ("password=hunter2 next", "hunter2"),
        ('{"password": "hunter2", "a": 1}', "hunter2"),
        ("Secret: hunter2\r\n", "hunter2"),
        ("ami_secret='hunter2'", "hunter2"),
        ("Cookie: line111_session=hunter2; a=b", "hunter2"),
        ("X-Api-Key: hunter2", "hunter2"),
    ],
)
def test_passwords_and_tokens_are_masked_in_text(text: str, gone: str) -> None:
    masked = mask_text(text)
    assert gone not in masked
    assert MASK in masked


PERSONS = ["national_id", "identifier", "contact_number", "caller_number", "caller_id", "phone"]
SECRETS = ["password", "redis_password", "token", "Authorization", "session_cookie", "sealed", "csrf"]


@pytest.mark.parametrize("name", PERSONS + SECRETS)
def test_a_field_named_for_a_person_or_a_secret_shows_nothing(name: str) -> None:
    assert mask_field(name, "12345") == MASK
    assert mask_field(name, 12345) == MASK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("record_id", "01936c1e-7c12-7abc-8def-012345678901"),
        ("sha256", "fdf34c6c2443a2596dd59f2bbf4f29459e97920daa78489c56b87c05c2ac908a"),
        ("event", "began at 2026-11-24 07:16:18,123 and 2026-11-24T07:00:00.000Z"),
        ("call_id", "1795504800.12"),
        ("linkedid", "node1-1795504800.12"),
        ("free_bytes", 83_751_862_272),
        ("duration_ms", 12_345_678_901),
        ("pressed", "12"),
        ("code", 404),
        ("ok", True),
        ("nothing", None),
        ("event", "127.0.0.1:6311 answered 200 after 12.5 ms"),
    ],
)
def test_what_an_operator_needs_stays_readable(name: str, value: object) -> None:
    assert mask_field(name, value) == value


def test_of_a_tracking_code_the_tail_is_left_to_tell_two_apart() -> None:
    assert mask_field("tracking_code", "1234567890") == f"{MASK * 7}890"
    assert mask_field("tracking_code", 1234567890) == f"{MASK * 7}890"


def test_the_beginning_of_an_identifier_pressed_on_the_keys_is_masked() -> None:
    assert mask_field("pressed", "001234") == MASK * 6
