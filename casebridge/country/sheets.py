"""The country's tables as people keep them: columns, words, and what a row means. Pure.

A cell left empty takes the column's usual value. Headings may be Persian, English or the column's own name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import ValidationError

from casebridge.country.schemas import (
    Agency,
    DutyLine,
    OfficialLine,
    Place,
    PlaceKind,
    RowError,
    Sheet,
    Subject,
    UnitChange,
)
from casebridge.csv_lines import unguarded
from casebridge.wire import Wire
from persian.digits import to_latin

MAX_ROWS: Final = 20_000
MAX_ERRORS: Final = 200
"""Errors told of one file; who has more begins with these."""


@dataclass(frozen=True)
class Shape:
    """Columns of a table.

    Attributes:
        model: what a row becomes.
        columns: in the order they are exported in.
        required: columns a file must have, and no cell may leave empty.
        key: what makes two rows about the same.
    """

    model: type[Wire]
    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]


_NAMES: Final = ("name_fa", "name_en")
SHAPES: Final[dict[Sheet, Shape]] = {
    Sheet.PLACES: Shape(
        Place, ("code", *_NAMES, "capital", "special_governorate", "active"), ("code", *_NAMES), ("code",)
    ),
    Sheet.AGENCIES: Shape(
        Agency, ("code", "kind", *_NAMES, "parent", "reach", "active"), ("code", "kind", *_NAMES), ("code",)
    ),
    Sheet.UNITS: Shape(UnitChange, ("code", *_NAMES, "night_shift", "active"), ("code",), ("code",)),
    Sheet.SUBJECTS: Shape(
        Subject, ("code", "parent", *_NAMES, "level", "active"), ("code", *_NAMES, "level"), ("code",)
    ),
    Sheet.DUTIES: Shape(
        DutyLine, ("agency", "subject", "leads", "remove"), ("agency", "subject"), ("agency", "subject")
    ),
    Sheet.OFFICIALS: Shape(
        OfficialLine,
        ("username", "display_name", "unit_code", "position", "remove"),
        ("username", "unit_code", "position"),
        ("username", "unit_code"),
    ),
}
_YES_NO: Final = frozenset({"capital", "special_governorate", "active", "night_shift", "leads", "remove"})
_CODES: Final = frozenset({"code", "parent", "agency", "subject", "unit_code", "username"})
_TEXTS: Final = frozenset({*_NAMES, "username", "display_name"})
_ERRORS: Final = {
    "string_pattern_mismatch": "not_a_code",
    "string_too_long": "too_long",
    "string_too_short": "required",
    "missing": "required",
    "enum": "not_one_of",
    "bool_parsing": "not_yes_no",
    "control_characters": "control_characters",
}


@dataclass(frozen=True)
class Line:
    """A row that was understood, and where it stands in the file."""

    row: int
    item: Any

    def key(self, sheet: Sheet) -> tuple[str, ...]:
        """What the row is about."""
        return tuple(str(getattr(self.item, name)) for name in SHAPES[sheet].key)


def read_lines(sheet: Sheet, table: Sequence[Sequence[str]]) -> tuple[list[Line], list[RowError]]:
    """The rows of a table (its first row are the headings), and all that is wrong with them."""
    if not table or not any(cell.strip() for cell in table[0]):
        return [], [RowError(row=0, column="", code="empty_file")]
    if len(table) - 1 > MAX_ROWS:
        return [], [RowError(row=0, column="", code="too_many_rows", value=str(len(table) - 1))]
    columns, errors = _columns(sheet, table[0])
    if errors:
        return [], errors
    lines: list[Line] = []
    seen: set[tuple[str, ...]] = set()
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        found = _line(sheet, number, dict(zip(columns, cells, strict=False)))
        if isinstance(found, Line):
            key = found.key(sheet)
            if key in seen:
                found = [RowError(row=number, column=SHAPES[sheet].key[0], code="twice", value=" ".join(key))]
            else:
                seen.add(key)
                lines.append(found)
        if isinstance(found, list):
            errors += found
        if len(errors) >= MAX_ERRORS:
            break
    return lines, errors[:MAX_ERRORS]


def _columns(sheet: Sheet, headings: Sequence[str]) -> tuple[list[str], list[RowError]]:
    shape = SHAPES[sheet]
    names = _names_by_heading()
    columns: list[str] = []
    errors: list[RowError] = []
    for heading in headings:
        name = names.get(heading.strip().casefold(), "")
        if heading.strip() and name not in shape.columns:
            errors.append(RowError(row=1, column="", code="unknown_column", value=heading.strip()[:64]))
        elif name and name in columns:
            errors.append(RowError(row=1, column=name, code="column_twice"))
        columns.append(name)
    missing = [name for name in shape.required if name not in columns]
    return columns, errors + [RowError(row=1, column=name, code="column_missing") for name in missing]


def _line(sheet: Sheet, number: int, cells: dict[str, str]) -> Line | list[RowError]:
    shape = SHAPES[sheet]
    cells.pop("", None)
    given = {name: _plain(name, cell) for name, cell in cells.items() if cell.strip()}
    empty = [name for name in shape.required if name not in given]
    if empty:
        return [RowError(row=number, column=name, code="required") for name in empty]
    values: dict[str, Any] = {name: _value(name, cell) for name, cell in given.items()}
    if sheet is Sheet.PLACES:
        values |= _from_code(str(values["code"]))
    if sheet is Sheet.DUTIES:
        values.setdefault("leads", False)
    try:
        return Line(number, shape.model.model_validate(values))
    except ValidationError as error:
        return [_row_error(number, given, dict(item)) for item in error.errors()]


def _row_error(number: int, given: dict[str, str], item: dict[str, Any]) -> RowError:
    column = str(item["loc"][0]) if item["loc"] else ""
    code = _ERRORS.get(item["type"], "invalid")
    if code == "not_a_code" and column in _TEXTS:
        code = "control_characters"
    return RowError(row=number, column=column, code=code, value=given.get(column, "")[:64])


def _from_code(code: str) -> dict[str, Any]:
    """What a place's code says by itself."""
    if len(code) == 4:
        return {"kind": PlaceKind.COUNTY, "parent": code[:2]}
    return {"kind": PlaceKind.PROVINCE}


def _plain(name: str, cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from taking text for a formula."""
    text = unguarded(cell.strip())
    return to_latin(text) if name in _CODES else text


def _value(name: str, cell: str) -> str | bool:
    if name in _YES_NO:
        return _yes_no_words().get(cell.casefold(), cell)
    return cell.casefold() if name in {"kind", "reach", "level", "position"} else cell


def export_rows(sheet: Sheet, items: Iterable[Any], language: str | None) -> list[list[str]]:
    """A table with its headings; without a language they are the columns' own names."""
    columns = SHAPES[sheet].columns
    head = [headings()[name][language] for name in columns] if language else list(columns)
    return [head, *([_cell(getattr(item, name), language) for name in columns] for item in items)]


def _cell(value: object, language: str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes_no()["yes" if value else "no"][language or "en"]
    return str(value)


def words_of(error: RowError, language: str) -> RowError:
    """The error with its text, in a language."""
    texts = error_texts()
    column = headings()[error.column][language] if error.column in headings() else error.column
    text = texts.get(error.code, texts["invalid"])[language].format(column=column, value=error.value)
    return error.model_copy(update={"message": text})


@cache
def headings() -> dict[str, dict[str, str]]:
    """Headings by column and language."""
    return {name: entry for name, entry in _data("headings.toml").items() if "fa" in entry}


@cache
def yes_no() -> dict[str, dict[str, str]]:
    """Words for true and false."""
    found: dict[str, dict[str, str]] = _data("headings.toml")["yes_no"]
    return found


@cache
def error_texts() -> dict[str, dict[str, str]]:
    """Texts by error code and language."""
    return _data("import_errors.toml")


@cache
def _names_by_heading() -> dict[str, str]:
    own = {name: name for name in headings()}
    return own | {text.casefold(): name for name, entry in headings().items() for text in entry.values()}


@cache
def _yes_no_words() -> dict[str, bool]:
    words = {"1": True, "true": True, "0": False, "false": False}
    for word, value in (("yes", True), ("no", False)):
        words |= {text.casefold(): value for text in yes_no()[word].values()}
    return words


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((files("casebridge.country") / "data" / name).read_text(encoding="utf-8"))
