"""The 31 provinces by their two-digit official code, as a data table (`data/provinces.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final


class UnknownProvince(LookupError):
    """A code that no province has."""


@dataclass(frozen=True, slots=True)
class Province:
    """A province of Iran.

    Attributes:
        code: two digits of the Statistical Centre, "00" to "30".
        name: by language, "fa" and "en".
        area_code: of its land lines, without the leading 0 ("21" for Tehran).
        capital: by language.
    """

    code: str
    name: dict[str, str]
    area_code: str
    capital: dict[str, str]


@cache
def provinces() -> dict[str, Province]:
    """All provinces by code, in the order of the codes."""
    table = tomllib.loads((files("persian") / "data" / "provinces.toml").read_text(encoding="utf-8"))
    return {row["code"]: Province(**row) for row in table["province"]}


def province(code: str) -> Province:
    """The province with this code. Raises UnknownProvince."""
    try:
        return provinces()[code]
    except KeyError:
        raise UnknownProvince(f"no province has the code {code!r}") from None


def province_by_area_code(area_code: str) -> Province | None:
    """The province whose land lines begin with this area code (without the leading 0), or None."""
    return _by_area_code().get(area_code)


AREA_CODE_LENGTH: Final = 2
"""Digits of every area code since the renumbering that ended in 1394 (2015)."""


@cache
def _by_area_code() -> dict[str, Province]:
    return {province.area_code: province for province in provinces().values()}
