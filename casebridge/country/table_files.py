"""Tables as files: CSV and XLSX, read into plain cells and written from them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from casebridge.country.sheets import MAX_ROWS
from casebridge.csv_lines import BYTE_ORDER_MARK, csv_line

MAX_COLUMNS: Final = 40
MAX_CELL: Final = 2000
"""Longest text taken from a cell, in characters; whatever is longer is too long for every column."""
MAX_UNPACKED: Final = 40 * 1024 * 1024
"""An XLSX file is a ZIP archive: what it may unpack to, in bytes."""
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_DELIMITERS: Final = ",;\t"


class UnreadableTable(ValueError):
    """A file that is no table we can read."""


def read_table(content: bytes) -> list[list[str]]:
    """All rows of a CSV (UTF-8) or XLSX file, its first sheet. Raises UnreadableTable."""
    rows = _read_xlsx(content) if content[:4] == b"PK\x03\x04" else _read_csv(content)
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def write_table(rows: Sequence[Sequence[str]], form: str, *, right_to_left: bool = False) -> bytes:
    """The rows as a file. `form`: "csv" or "xlsx". Every cell is text, so that codes keep their zeros."""
    return _write_xlsx(rows, right_to_left) if form == "xlsx" else _write_csv(rows)


def _read_csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableTable("not UTF-8") from error
    if "\0" in text:
        raise UnreadableTable("not text")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([cell[:MAX_CELL] for cell in cells[:MAX_COLUMNS]])
            if len(rows) > MAX_ROWS + 1:
                break
    except csv.Error as error:
        raise UnreadableTable("not CSV") from error
    return rows


def _read_xlsx(content: bytes) -> list[list[str]]:
    try:
        _refuse_bombs(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            found = sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS, values_only=True)
            return [[_text(value)[:MAX_CELL] for value in row] for row in found]
        finally:
            book.close()
    except UnreadableTable:
        raise
    except Exception as error:  # a broken archive, broken XML, missing parts: openpyxl raises all sorts
        raise UnreadableTable("not XLSX") from error


def _refuse_bombs(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            raise UnreadableTable("unpacks to too much")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _write_csv(rows: Sequence[Sequence[str]]) -> bytes:
    return (BYTE_ORDER_MARK + "".join(map(csv_line, rows))).encode()


def _write_xlsx(rows: Sequence[Sequence[str]], right_to_left: bool) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("line111")
    sheet.sheet_view.rightToLeft = right_to_left
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_text_cell(sheet, text) for text in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # never a formula, whatever it begins with
    cell.number_format = "@"
    return cell
