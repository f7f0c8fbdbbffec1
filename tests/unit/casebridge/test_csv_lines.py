"""No cell of a file of ours is run by a spreadsheet, and what is brought back is what was given."""

from __future__ import annotations

import pytest

from casebridge.csv_lines import csv_line, guarded, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+98", "-1", "@SUM(A1)", "\tx", "\r=1"])
def test_cells_that_a_spreadsheet_would_run_are_made_text(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["", "plain", "'quoted", "1=1", "چراغ"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell


def test_a_line_guards_each_of_its_cells() -> None:
    assert csv_line(["a,b", "=1"]) == '"a,b",\'=1\r\n'
