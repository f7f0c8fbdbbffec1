"""Tables of the country: what a file says, and what is wrong with it, row by row."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from casebridge.country.checks import check, parents_first
from casebridge.country.schemas import Agency, RowError, Sheet, Subject
from casebridge.country.sheets import (
    MAX_ERRORS,
    SHAPES,
    Line,
    error_texts,
    export_rows,
    headings,
    read_lines,
    words_of,
)
from casebridge.country.snapshot import Country
from casebridge.country.table_files import UnreadableTable, read_table, write_table
from tests.unit.casebridge.test_country_data import country_of_the_files

COUNTRY = country_of_the_files()
PLACES = ["code", "name_fa", "name_en", "capital"]
PERSIAN_YES = "\u0628\u0644\u0647"


def wrong(sheet: Sheet, *rows: list[str]) -> list[tuple[int, str, str]]:
    """Row, column and code of all errors, the fit with the country included."""
    lines, errors = read_lines(sheet, rows)
    errors = errors or check(sheet, lines, COUNTRY, {"official1": True, "agent1": False})
    return [(error.row, error.column, error.code) for error in errors]


WRONG: list[tuple[Sheet, list[list[str]], list[tuple[int, str, str]]]] = [
    (Sheet.PLACES, [], [(0, "", "empty_file")]),
    (Sheet.PLACES, [["", " "]], [(0, "", "empty_file")]),
    (Sheet.PLACES, [["code", "name_fa"]], [(1, "name_en", "column_missing")]),
    (Sheet.PLACES, [[*PLACES, "colour"]], [(1, "", "unknown_column")]),
    (Sheet.PLACES, [[*PLACES, "code"]], [(1, "code", "column_twice")]),
    (Sheet.PLACES, [PLACES, ["2301", "", "Tehran"]], [(2, "name_fa", "required")]),
    (Sheet.PLACES, [PLACES, ["231", "a", "b"]], [(2, "code", "not_a_code")]),
    (Sheet.PLACES, [PLACES, ["2301", "a", "b", "perhaps"]], [(2, "capital", "not_yes_no")]),
    (Sheet.PLACES, [PLACES, ["2301", "a" * 200, "b"]], [(2, "name_fa", "too_long")]),
    (Sheet.PLACES, [PLACES, ["2301", "a\x01", "b"]], [(2, "name_fa", "control_characters")]),
    (Sheet.PLACES, [PLACES, ["2301", "a", "b"], [], ["2301", "c", "d"]], [(4, "code", "twice")]),
    (Sheet.PLACES, [PLACES, ["9901", "a", "b"]], [(2, "code", "unknown_place")]),
    (
        Sheet.AGENCIES,
        [["code", "kind", "name_fa", "name_en"], ["x1", "club", "a", "b"]],
        [(2, "kind", "not_one_of")],
    ),
    (
        Sheet.AGENCIES,
        [["code", "kind", "name_fa", "name_en", "parent"], ["x1", "bank", "a", "b", "nobody"]],
        [(2, "parent", "unknown_agency")],
    ),
    (
        Sheet.SUBJECTS,
        [["code", "parent", "name_fa", "name_en", "level"], ["water", "water_cut", "a", "b", "county"]],
        [(2, "parent", "own_parent")],
    ),
    (Sheet.UNITS, [["code", "night_shift"], ["county/9999/desk", "yes"]], [(2, "code", "unknown_unit")]),
    (Sheet.UNITS, [["code", "night_shift"], ["county/2301/king", "yes"]], [(2, "code", "unknown_unit")]),
    (
        Sheet.DUTIES,
        [["agency", "subject"], ["nobody", "water"], ["police", "nothing"]],
        [(2, "agency", "unknown_agency"), (3, "subject", "unknown_subject")],
    ),
    (
        Sheet.OFFICIALS,
        [["username", "unit_code", "position"], ["official1", "centre", "king"]],
        [(2, "position", "not_one_of")],
    ),
    (
        Sheet.OFFICIALS,
        [["username", "unit_code", "position"], ["stranger", "centre", "head"]],
        [(2, "username", "unknown_account")],
    ),
    (
        Sheet.OFFICIALS,
        [["username", "unit_code", "position"], ["agent1", "centre", "head"]],
        [(2, "username", "not_an_official")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "rows", "expected"), WRONG)
def test_what_is_wrong_is_told_with_row_and_column(
    sheet: Sheet, rows: list[list[str]], expected: list[tuple[int, str, str]]
) -> None:
    assert wrong(sheet, *rows) == expected


def test_every_error_has_words_in_both_languages() -> None:
    told = {code for _, _, expected in WRONG for _, _, code in expected}
    assert told <= error_texts().keys()
    for code in error_texts():
        for language in ("fa", "en"):
            text = words_of(RowError(row=2, column="parent", code=code, value="q"), language).message
            assert text
            assert "{" not in text


def test_headings_may_be_of_either_language_and_digits_persian() -> None:
    for language in ("fa", "en"):
        rows = [
            [headings()[name][language] for name in PLACES],
            ["\u06f2\u06f3\u06f0\u06f1", "a", "b", PERSIAN_YES],
        ]
        lines, errors = read_lines(Sheet.PLACES, rows)
        assert errors == []
        assert (lines[0].item.code, lines[0].item.parent, lines[0].item.capital) == ("2301", "23", True)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["fa", "en", None])
def test_what_was_taken_out_comes_back_as_it_was(form: str, language: str | None) -> None:
    for sheet, items in (
        (Sheet.PLACES, COUNTRY.places.values()),
        (Sheet.AGENCIES, COUNTRY.agencies.values()),
        (Sheet.SUBJECTS, COUNTRY.subjects.values()),
        (Sheet.DUTIES, COUNTRY.duty_list),
    ):
        content = write_table(export_rows(sheet, items, language), form, right_to_left=language == "fa")
        lines, errors = read_lines(sheet, read_table(content))
        assert errors == []
        assert [line.item for line in lines] == list(items)


def test_a_name_that_looks_like_a_formula_stays_a_name() -> None:
    odd = Agency(code="odd_one", kind="bank", name_fa="=1+1", name_en="@SUM(A1)")
    for form in ("csv", "xlsx"):
        content = write_table(export_rows(Sheet.AGENCIES, [odd], None), form)
        if form == "csv":
            assert b"'=1+1" in content
        else:
            assert load_workbook(io.BytesIO(content)).active["C2"].data_type == "s"
        assert read_lines(Sheet.AGENCIES, read_table(content))[0][0].item == odd


def test_a_spreadsheet_of_numbers_is_read_as_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (PLACES, [2301, "a", "b", True], [2302.0, "c", "d", False]):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    lines, errors = read_lines(Sheet.PLACES, read_table(file.getvalue()))
    assert errors == []
    assert [(line.item.code, line.item.capital) for line in lines] == [("2301", True), ("2302", False)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_delimiter_is_understood(delimiter: str) -> None:
    assert read_table(f"a{delimiter}b\r\n1{delimiter}2\r\n\r\n".encode("utf-8-sig")) == [
        ["a", "b"],
        ["1", "2"],
    ]


def bomb() -> bytes:
    """An archive that would unpack to far more than it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (41 * 1024 * 1024))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a\0b", b"PK\x03\x04 no archive", bomb()])
def test_a_file_that_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableTable):
        read_table(content)


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reading(content: bytes) -> None:
    try:
        table = read_table(content)
    except UnreadableTable:
        return
    for sheet in SHAPES:
        _, errors = read_lines(sheet, table)
        assert errors or len(table) <= 1
        assert len(errors) <= MAX_ERRORS


def test_a_tree_is_not_deeper_than_ten_steps() -> None:
    deep = [
        Subject(
            code=f"deep{n}", parent=f"deep{n - 1}" if n else None, name_fa="a", name_en="b", level="county"
        )
        for n in range(15)
    ]
    errors = check(Sheet.SUBJECTS, [Line(n, item) for n, item in enumerate(deep)], COUNTRY, {})
    assert {error.code for error in errors} == {"too_deep"}
    assert [item.code for item in parents_first(reversed(deep[:5]))] == [f"deep{n}" for n in range(5)]


def test_whose_duty_a_subject_is_follows_the_tree() -> None:
    assert COUNTRY.competent("power_cut") == "power_distribution"
    assert COUNTRY.competent("solar_power") == "renewables_org"
    assert COUNTRY.competent("no_such_subject") is None
    assert COUNTRY.within_duties("power_distribution", "power_cut")
    assert COUNTRY.within_duties("energy_ministry", "power_cut")
    assert not COUNTRY.within_duties("water_company", "power_cut")
    assert not COUNTRY.within_duties("water_company", "no_such_subject")
    resting = dict(COUNTRY.agencies) | {
        "power_distribution": COUNTRY.agencies["power_distribution"].model_copy(update={"active": False})
    }
    without = Country("x", COUNTRY.places, resting, COUNTRY.subjects, COUNTRY.duty_list)
    assert without.competent("power_cut") == "energy_ministry"
    assert not without.has_unit("agency/power_distribution/2301")
