"""Byte ranges and digests as the RFCs say."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.recordings.rules import RangeOutside, UnreadableDigest, announced_digest, byte_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", (0, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-99", (3, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=-", None),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
    ],
)
def test_a_range_is_understood_or_ignored(header: str | None, part: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_outside_is_said_to_be(header: str) -> None:
    with pytest.raises(RangeOutside):
        byte_range(header, 10)


@given(st.text(max_size=40), st.integers(0, 2**40))
def test_any_header_gives_a_part_of_the_sound(header: str, size: int) -> None:
    for text in (header, "bytes=" + header):
        try:
            part = byte_range(text, size)
        except RangeOutside:
            continue
        assert part is None or 0 <= part[0] < part[1] <= size


def test_a_digest_may_be_announced_in_two_ways() -> None:
    digest = hashlib.sha256(b"x")
    encoded = base64.b64encode(digest.digest()).decode()
    assert announced_digest(None, digest.hexdigest().upper()) == digest.hexdigest()
    assert announced_digest(f"md5=:AAAA:, sha-256=:{encoded}:", None) == digest.hexdigest()
    assert announced_digest(None, None) is None
    for header in ("sha-256=:AAAA:", "sha-256=:*:", "sha-512=:AAAA:", ""):
        with pytest.raises(UnreadableDigest):
            announced_digest(header, None)
    with pytest.raises(UnreadableDigest):
        announced_digest(None, "12")
