"""What a text costs on the air, and how it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casebridge.notifications.texts.segments import measure, split


def test_a_persian_text_of_seventy_letters_is_one_segment_and_one_more_makes_two() -> None:
    assert (measure("س" * 70).encoding, measure("س" * 70).segments) == ("ucs2", 1)
    assert measure("س" * 71).segments == 2
    assert measure("س" * 134).segments == 2
    assert measure("س" * 135).segments == 3


def test_an_english_text_of_160_letters_is_one_segment_and_one_more_makes_two() -> None:
    assert (measure("a" * 160).encoding, measure("a" * 160).segments) == ("gsm7", 1)
    assert measure("a" * 161).segments == 2
    assert measure("a" * 307).segments == 3


def test_an_extension_letter_counts_twice_and_is_not_torn_from_its_escape() -> None:
    assert measure("€" * 80).segments == 1
    assert measure("€" * 81).units == 162
    assert split("a" * 152 + "€" * 5) == ["a" * 152, "€" * 5]


def test_a_single_persian_letter_makes_the_whole_text_ucs2() -> None:
    assert measure("Case 123 ✓").encoding == "ucs2"
    assert measure("`").encoding == "ucs2"  # not in the GSM alphabet


@given(st.text(max_size=900))
def test_the_parts_of_a_text_are_the_text_and_each_fits(text: str) -> None:
    parts, length = split(text), measure(text)
    assert "".join(parts) == text
    assert len(parts) == length.segments
    if len(parts) > 1:
        longest = 153 if length.encoding == "gsm7" else 67
        assert all(measure_units(part, length.encoding) <= longest for part in parts)


def measure_units(text: str, encoding: str) -> int:
    """Octet pairs of UTF-16, or septets."""
    if encoding == "ucs2":
        return len(text.encode("utf-16-be", "surrogatepass")) // 2
    return sum(2 if letter in "^{}\\[~]|€" else 1 for letter in text)
