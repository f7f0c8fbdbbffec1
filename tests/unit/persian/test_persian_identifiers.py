"""No service without a valid identifier (article 5-3), and none of it readable in lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persian.identifiers import (
    LENGTH,
    MASK,
    IdentifierKind,
    InvalidForeignResidentCode,
    InvalidIdentifier,
    InvalidLegalPersonId,
    InvalidNationalId,
    check_identifier,
    is_valid_identifier,
    mask_identifier,
    sample_identifier,
)

KINDS = st.sampled_from(list(IdentifierKind))


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("national_id", "0499370899", "0499370899"),
        ("national_id", "0076229645", "0076229645"),
        ("national_id", "1583250689", "1583250689"),
        ("national_id", "۰۴۹۹۳۷۰۸۹۹", "0499370899"),
        ("national_id", "049-937089-9", "0499370899"),
        ("legal_person", "10380284790", "10380284790"),
        ("legal_person", "١٠٣٨٠٢٨٤٧٩٠", "10380284790"),
        ("foreign_resident", "123456789012", "123456789012"),
    ],
)
def test_valid_identifiers_are_taken_in_every_script(kind: str, typed: str, stored: str) -> None:
    assert check_identifier(kind, typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed", "error"),
    [
        ("national_id", "", InvalidNationalId),
        ("national_id", "049937089", InvalidNationalId),
        ("national_id", "04993708990", InvalidNationalId),
        ("national_id", "0499370898", InvalidNationalId),
        ("national_id", "1111111111", InvalidNationalId),
        ("national_id", "04993708٩a", InvalidNationalId),
        ("national_id", "049937089²", InvalidNationalId),
        ("national_id", "0499370899'; --", InvalidNationalId),
        ("legal_person", "10380284791", InvalidLegalPersonId),
        ("legal_person", "00000000000", InvalidLegalPersonId),
        ("foreign_resident", "12345678901", InvalidForeignResidentCode),
        ("foreign_resident", "777777777777", InvalidForeignResidentCode),
    ],
)
def test_wrong_identifier_is_refused_by_the_error_of_its_kind(
    kind: str, typed: str, error: type[InvalidIdentifier]
) -> None:
    with pytest.raises(error):
        check_identifier(kind, typed)
    assert not is_valid_identifier(kind, typed)


@given(st.integers(), st.data())
def test_no_single_wrong_key_makes_another_valid_national_id(seed: int, data: st.DataObject) -> None:
    kind = IdentifierKind.NATIONAL_ID
    code = sample_identifier(kind, seed)
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != code[place]]))
    wrong = code[:place] + other + code[place + 1 :]
    if is_valid_identifier(kind, wrong):
        # Remainder 1 and remainder 10 share a check digit: the only slips this rule lets through.
        remainders = {_remainder(code), _remainder(wrong)}
        assert remainders == {1, 10}


def _remainder(code: str) -> int:
    return sum(int(digit) * weight for digit, weight in zip(code[:9], range(10, 1, -1), strict=True)) % 11


@given(KINDS, st.integers())
def test_samples_are_valid_repeatable_and_never_a_living_persons(kind: IdentifierKind, seed: int) -> None:
    sample = sample_identifier(kind, seed)
    assert check_identifier(kind, sample) == sample == sample_identifier(kind, seed)
    assert sample.startswith("99")


@given(KINDS, st.text(max_size=20))
def test_any_input_is_either_taken_or_refused(kind: IdentifierKind, text: str) -> None:
    if is_valid_identifier(kind, text):
        assert len(check_identifier(kind, text)) == LENGTH[kind]


@given(KINDS, st.from_regex(r"[0-9]{4,16}", fullmatch=True))
def test_refusal_never_repeats_the_identifier(kind: IdentifierKind, digits: str) -> None:
    if not is_valid_identifier(kind, digits):
        with pytest.raises(InvalidIdentifier) as refusal:
            check_identifier(kind, digits)
        assert digits not in str(refusal.value)


@given(KINDS, st.integers())
def test_masked_identifier_shows_its_last_three_digits_alone(kind: IdentifierKind, seed: int) -> None:
    code = sample_identifier(kind, seed)
    masked = mask_identifier(code)
    assert len(masked) == len(code)
    assert masked.lstrip(MASK) == code[-3:]


@pytest.mark.parametrize("short", ["", "1", "12345"])
def test_short_input_is_masked_whole(short: str) -> None:
    assert mask_identifier(short) == MASK * len(short)
