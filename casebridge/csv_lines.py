"""Lines of CSV files that spreadsheets read as text: Persian stays Persian, and nothing becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
"""Every file begins with it, or spreadsheets take Persian for Latin."""
_RUN: Final = frozenset("=+-@\t\r")
"""A spreadsheet runs what begins with these as a formula; callers and others wrote some cells."""


def csv_line(cells: Sequence[str]) -> str:
    """A line of a file; no cell of it can become a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return text.getvalue()


def guarded(cell: str) -> str:
    """The cell behind an apostrophe where a spreadsheet would run it."""
    return f"'{cell}" if cell[:1] in _RUN else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _RUN else cell
