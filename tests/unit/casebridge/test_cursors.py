"""Cursors can be read back by the bridge that made them, and by nobody invented."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.paging import Cursors
from casebridge.problems import Problem

cursors = Cursors("a key")


@given(st.lists(st.one_of(st.integers(), st.text()), max_size=4))
def test_a_cursor_gives_its_position_back(position: list[Any]) -> None:
    assert cursors.read("cases", cursors.make("cases", position)) == position


@given(st.text(max_size=200))
def test_an_invented_cursor_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        cursors.read("cases", text)


def test_a_cursor_belongs_to_one_list_and_one_key() -> None:
    made = cursors.make("cases", [1])
    with pytest.raises(Problem):
        cursors.read("calls", made)
    with pytest.raises(Problem):
        Cursors("another key").read("cases", made)
