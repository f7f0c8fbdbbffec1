"""What a change of the country must not break: everything named exists, nothing stands below itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from casebridge.country.schemas import RowError, Sheet
from casebridge.country.sheets import Line
from casebridge.country.snapshot import Country
from casebridge.country.units import parse

DEEPEST: Final = 10
"""Most steps from the top of a tree to its leaves."""


def check(
    sheet: Sheet, lines: Iterable[Line], country: Country, accounts: Mapping[str, bool]
) -> list[RowError]:
    """All that does not fit the country.

    Args:
        sheet: which table the lines are of.
        lines: what is to be written.
        country: as it is now.
        accounts: user names there are, and whether they are officials' (only officials need them).
    """
    known = list(lines)
    if sheet is Sheet.PLACES:
        return _check_places(known, country)
    if sheet is Sheet.AGENCIES:
        return _check_tree(
            known, {code: row.parent for code, row in country.agencies.items()}, "unknown_agency"
        )
    if sheet is Sheet.SUBJECTS:
        return _check_tree(
            known, {code: row.parent for code, row in country.subjects.items()}, "unknown_subject"
        )
    if sheet is Sheet.UNITS:
        return _missing(known, "code", "unknown_unit", lambda code: country.unit(code) is not None)
    if sheet is Sheet.DUTIES:
        return [
            *_missing(known, "agency", "unknown_agency", country.agencies.__contains__),
            *_missing(known, "subject", "unknown_subject", country.subjects.__contains__),
        ]
    kept = [line for line in known if not line.item.remove]  # a unit that is gone may still be taken away
    return [
        *_missing(known, "username", "unknown_account", lambda name: name.lower() in accounts),
        *_missing(kept, "username", "not_an_official", lambda name: accounts.get(name.lower(), True)),
        *_missing(kept, "unit_code", "unknown_unit", lambda code: country.unit(code) is not None),
    ]


def _check_places(lines: list[Line], country: Country) -> list[RowError]:
    codes = {line.item.code for line in lines} | country.places.keys()
    errors = []
    for line in lines:
        code = line.item.code
        derived = code[:2] if len(code) == 4 else None
        if line.item.parent != derived or (line.item.kind == "county") != (derived is not None):
            errors.append(RowError(row=line.row, column="code", code="parent_not_of_code", value=code))
        elif derived and derived not in codes:
            errors.append(RowError(row=line.row, column="code", code="unknown_place", value=derived))
    return errors


def _check_tree(lines: list[Line], parents: Mapping[str, str | None], unknown: str) -> list[RowError]:
    after = {**parents, **{line.item.code: line.item.parent for line in lines}}
    errors = []
    for line in lines:
        parent = line.item.parent
        if parent and parent not in after:
            errors.append(RowError(row=line.row, column="parent", code=unknown, value=parent))
        elif fault := _fault(line.item.code, after):
            errors.append(RowError(row=line.row, column="parent", code=fault, value=line.item.code))
    return errors


def _fault(code: str, parents: Mapping[str, str | None]) -> str | None:
    seen, current = {code}, parents.get(code)
    while current:
        if current in seen:
            return "own_parent"
        if len(seen) > DEEPEST:
            return "too_deep"
        seen.add(current)
        current = parents.get(current)
    return None


def _missing(lines: list[Line], column: str, error: str, exists: Callable[[str], Any]) -> list[RowError]:
    return [
        RowError(row=line.row, column=column, code=error, value=str(getattr(line.item, column))[:64])
        for line in lines
        if not exists(getattr(line.item, column))
    ]


def parents_first(items: Iterable[Any]) -> list[Any]:
    """Items with `code` and `parent` in an order in which each can be written after what it stands below."""
    waiting = {item.code: item for item in items}
    ordered: list[Any] = []

    def place(code: str) -> None:
        item = waiting.pop(code, None)
        if item is not None:
            if item.parent:
                place(item.parent)
            ordered.append(item)

    for code in list(waiting):
        place(code)
    return ordered


def parts_of(unit_code: str) -> dict[str, str | None]:
    """What a unit's code says, as its table has it. Raises UnknownUnit."""
    unit = parse(unit_code)
    return {
        "kind": unit.kind,
        "level": unit.level,
        "agency": unit.agency,
        "province": unit.province,
        "county": unit.county,
    }
