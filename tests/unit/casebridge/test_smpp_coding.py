"""Texts as SMPP bytes and back; receipts of new and old centres."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from casebridge.notifications.providers.interface import Result
from casebridge.notifications.providers.smpp_coding import (
    UCS2,
    UDH,
    PartOf,
    decimal_of,
    decode,
    encode,
    meaning,
    receipt_in,
)
from casebridge.notifications.texts.segments import BASIC, EXTENSION

GSM_LETTERS = "".join(letter for letter in BASIC if letter != "\x1b") + "".join(sorted(EXTENSION))


class Sequence:
    """smpplib wants somebody who counts."""

    sequence = 0

    def next_sequence(self) -> int:
        """Always the same."""
        return 1


def deliver(esm_class: int, text: bytes, *, options: bytes = b"") -> object:
    """A deliver_sm as a centre sends it, parsed."""
    body = b"\0\x01\x01989121234567\0\x01\x01111\0" + bytes((esm_class, 0, 0)) + b"\0\0\0\0\0\0"
    body += bytes((len(text),)) + text + options
    raw = struct.pack(">LLLL", 16 + len(body), 5, 0, 1) + body
    return smpp.parse_pdu(raw, client=Sequence(), allow_unknown_opt_params=True)


def test_a_short_persian_text_is_one_body_in_ucs2() -> None:
    parts = encode("سلام", 7)
    assert (parts.data_coding, parts.esm_class) == (UCS2, 0)
    assert parts.bodies == ("سلام".encode("utf-16-be"),)


def test_a_long_persian_text_falls_into_numbered_parts_of_at_most_140_octets() -> None:
    text = "متن بلند فارسی " * 20
    parts = encode(text, 300)
    assert parts.esm_class == UDH
    assert all(len(body) <= 140 for body in parts.bodies)
    heads = [body[:6] for body in parts.bodies]
    assert heads == [bytes((5, 0, 3, 300 & 0xFF, len(heads), n)) for n in range(1, len(heads) + 1)]
    assert "".join(decode(body, parts.data_coding, parts.esm_class)[0] for body in parts.bodies) == text


@given(st.text(alphabet=GSM_LETTERS, max_size=400), st.integers(0, 255))
def test_gsm_texts_come_back_as_they_went(text: str, number: int) -> None:
    parts = encode(text, number)
    assert parts.data_coding == 0
    assert "".join(decode(body, 0, parts.esm_class)[0] for body in parts.bodies) == text


@given(st.text(max_size=400))
def test_all_texts_come_back_as_they_went(text: str) -> None:
    text = text.encode("utf-16-be", "replace").decode("utf-16-be")
    parts = encode(text, 1)
    assert "".join(decode(body, parts.data_coding, parts.esm_class)[0] for body in parts.bodies) == text


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255))
def test_no_bytes_break_the_reading(body: bytes, coding: int, esm_class: int) -> None:
    decode(body, coding, esm_class)


def test_both_forms_of_a_part_header_are_read() -> None:
    short = bytes((5, 0, 3, 9, 2, 1)) + b"a"
    wide = bytes((6, 8, 4, 1, 9, 2, 2)) + b"b"
    assert decode(short, 0, UDH)[1] == PartOf(9, 2, 1)
    assert decode(wide, 0, UDH)[1] == PartOf(265, 2, 2)


def test_a_receipt_is_read_from_its_text() -> None:
    text = (
        b"id:77af sub:001 dlvrd:001 submit date:2611240900 done date:2611240901 stat:DELIVRD err:000 text:x"
    )
    found = receipt_in(deliver(0x04, text))
    assert found is not None
    assert (found.reference, found.state) == ("77af", "delivered")


@pytest.mark.parametrize(
    ("stat", "state"), [(b"UNDELIV", "failed"), (b"EXPIRED", "failed"), (b"ENROUTE", "")]
)
def test_a_receipt_that_is_no_delivery_says_so(stat: bytes, state: str) -> None:
    found = receipt_in(deliver(0x04, b"id:1 stat:" + stat))
    assert found is not None
    assert found.state == state


def test_a_receipt_in_optional_parameters_is_believed_first() -> None:
    options = struct.pack(">HH", 0x001E, 4) + b"abc\0" + struct.pack(">HHB", 0x0427, 1, 5)
    found = receipt_in(deliver(0x04, b"id:other stat:DELIVRD", options=options))
    assert found is not None
    assert (found.reference, found.state) == ("abc", "failed")


def test_a_message_is_no_receipt() -> None:
    assert receipt_in(deliver(0x00, b"1")) is None


def test_statuses_of_a_busy_centre_are_for_now_and_of_a_wrong_number_for_ever() -> None:
    assert meaning(0) is Result.SENT
    assert meaning(0x58) is Result.FAILED
    assert meaning(0x14) is Result.FAILED
    assert meaning(0x0B) is Result.REFUSED


def test_hexadecimal_references_can_be_matched_to_decimal_receipts() -> None:
    assert decimal_of("1F") == "31"
    assert decimal_of("not-hex") == "not-hex"
