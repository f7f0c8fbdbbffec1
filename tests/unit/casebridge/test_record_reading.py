"""A record is opened, checked and encrypted before anything is written."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey
from pydantic import TypeAdapter, ValidationError

from casebridge.crypto import KeyRing
from casebridge.intakes.reading import Prepared, prepare
from casebridge.intakes.router import EXAMPLES
from casebridge.intakes.schemas import Record
from casebridge.problems import Problem
from line111.sealing import seal

PAIR = PrivateKey.generate()
PRIVATE = base64.b64encode(bytes(PAIR)).decode()
PUBLIC = base64.b64encode(bytes(PAIR.public_key)).decode()
KEYS = KeyRing(lambda: {1: b"1" * 32})
RECORD: TypeAdapter[Record] = TypeAdapter(Record)


def read(document: dict[str, Any], **changes: Any) -> Prepared:
    """Prepares the published example with another sealed part."""
    record = EXAMPLES["intake"]["value"] | {"sealed": seal(document, PUBLIC)} | changes
    return prepare(RECORD.validate_python(record), KEYS, sealing_private=PRIVATE, lookup_key="k")


GOOD = {"identifier_kind": "national_id", "identifier": "0084575948", "contact_number": "+989121234567"}


def test_the_published_examples_are_records() -> None:
    for example in EXAMPLES.values():
        RECORD.validate_json(json.dumps(example["value"]))


def test_nothing_readable_is_left_of_the_applicant() -> None:
    prepared = read(GOOD)
    assert prepared.identity is not None
    assert b"0084575948" not in repr(prepared).encode()
    plain = KEYS.decrypt(
        prepared.identity.applicant.identifier, f"applicant:{prepared.identity.applicant.new_id}"
    )
    assert plain == b"0084575948"


def test_the_same_citizen_is_recognised_however_the_box_was_sealed() -> None:
    one, other = read(GOOD), read(GOOD)
    assert one.identity is not None
    assert other.identity is not None
    assert one.identity.applicant.lookup == other.identity.applicant.lookup
    assert one.identity.applicant.identifier != other.identity.applicant.identifier


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identifier": "0084575949"}, "sealed.identifier"),
        ({"identifier": None}, "sealed.identifier"),
        ({"identifier": 84575948}, "sealed.identifier"),
        ({"identifier_kind": "legal_person"}, "sealed.identifier"),
        ({"identifier_kind": "passport"}, "sealed.identifier_kind"),
        ({"identifier_kind": ["national_id"]}, "sealed.identifier_kind"),
    ],
)
def test_an_identifier_that_can_not_exist_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as refused:
        read(GOOD | change)
    assert refused.value.errors[0][0] == field


def test_an_odd_caller_id_does_not_cost_the_case() -> None:
    for number in ("anonymous", "", 5, None, "+98 912", "x" * 100, "\x00"):
        prepared = read(GOOD | {"contact_number": None, "caller_number": number})
        assert prepared.identity is not None
        assert prepared.identity.numbers is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=10,
    )
)
def test_anything_at_all_is_a_record_or_a_named_error(value: Any) -> None:
    for record in (value, EXAMPLES["intake"]["value"] | {"node": value, "recording": value}):
        with pytest.raises(ValidationError):
            RECORD.validate_python(record)
