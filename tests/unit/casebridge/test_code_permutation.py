"""Codes: each once, in an order nobody can guess, and back to their number."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.intakes.rules import Quarantine, judge_code
from casebridge.tracking_codes.permutation import CodePermutation, CodesExhausted
from casebridge.tracking_codes.rules import Block
from persian.tracking_code import CAPACITY, is_valid_tracking_code

codes = CodePermutation("a key")
numbers = st.integers(0, CAPACITY - 1)


@given(numbers)
def test_every_code_leads_back_to_its_number(number: int) -> None:
    code = codes.code(number)
    assert len(code) == 10
    assert is_valid_tracking_code(code)
    assert codes.number(code) == number


@given(numbers, numbers)
def test_no_code_is_given_twice(one: int, other: int) -> None:
    assert (codes.code(one) == codes.code(other)) == (one == other)


def test_neighbours_are_nowhere_near_each_other() -> None:
    values = [int(codes.code(number)[:-1]) for number in range(2000)]
    gaps = [abs(a - b) for a, b in itertools.pairwise(values)]
    assert sum(gaps) / len(gaps) > CAPACITY / 5
    assert len({value // (CAPACITY // 10) for value in values}) == 10


def test_another_key_gives_another_order() -> None:
    other = CodePermutation("another key")
    assert [codes.code(n) for n in range(20)] != [other.code(n) for n in range(20)]


def test_what_is_no_code_has_no_number() -> None:
    code = codes.code(5)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert codes.number(wrong) is None
    with pytest.raises(CodesExhausted):
        codes.code(CAPACITY)


@pytest.mark.parametrize(
    ("number", "block", "node", "taken", "judged"),
    [
        (None, None, "n1", False, Quarantine.NOT_A_CODE),
        (7, None, "n1", False, Quarantine.NEVER_LEASED),
        (7, Block(0, 9, "n2"), "n1", False, Quarantine.OTHER_NODE),
        (7, Block(0, 9, "n1"), "n1", True, Quarantine.TAKEN),
        (7, Block(0, 9, "n1"), "n1", False, None),
    ],
)
def test_a_told_code_is_judged(
    number: int | None, block: Block | None, node: str, taken: bool, judged: Quarantine | None
) -> None:
    assert judge_code(number=number, block=block, node=node, taken=taken) is judged
