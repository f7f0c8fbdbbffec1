"""Units by their codes: what a code means, who stands above it. Pure: no table is asked.

A unit is any body or official's cartable that may own a case. Its code says all about it:

    council                         secretariat of the Supreme Administrative Council, above the Centre (13)
    centre                          the Centre
    centre/ideas                    its working group for ideas (4-19)
    province/<pp>/governor          provincial governor                   province/<pp>/performance, …/desk
    county/<cccc>/governor          county governor                       county/<cccc>/desk
    agency/<agency>/head            minister or head of an organisation   agency/<agency>/performance, …/desk
    agency/<agency>/<pp>            its director general in a province    agency/<agency>/<pp>/desk
    agency/<agency>/<cccc>          head of its office in a county
    …/deputies                      deputies of a governor, minister or head (6-1, 10-3)

`pp` is a province's code of two digits, `cccc` a county's of four, which begin with its province's.
Municipalities, too, are such offices: the mayor of a county's seat is `agency/<municipalities>/<cccc>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from casebridge.cases.schemas import Level

MAX_CODE: Final = 96
"""Longest code of a unit, in characters."""


class UnknownUnit(ValueError):
    """A text that is no unit's code."""


class UnitKind(StrEnum):
    """What a unit is."""

    COUNCIL = "council"
    """Who supervises how the regulation is carried out, by the Centre as well (13)."""
    CENTRE = "centre"
    IDEAS = "ideas"
    GOVERNOR = "governor"
    """Provincial or county governor, by the level."""
    PERFORMANCE = "performance"
    """Performance office of a provincial governor or of an agency (3-3, 4-11, 4-16)."""
    DESK = "desk"
    HEAD = "head"
    DEPUTIES = "deputies"
    """Deputies and managers of a governor, a minister or the head of an organisation (6-1, 10-3)."""
    DIRECTOR = "director"
    """Director general of an agency in a province."""
    OFFICE = "office"
    """Head of an agency's office in a county."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, as its code tells it. What an agency does in a province is at the province's level."""

    code: str
    kind: UnitKind
    level: Level
    agency: str | None = None
    province: str | None = None
    county: str | None = None


COUNCIL: Final = "council"
CENTRE: Final = "centre"
IDEAS: Final = "centre/ideas"

_AGENCY: Final = r"(?P<agency>[a-z][a-z0-9_]{1,39})"

_SHAPES: Final = tuple(
    (re.compile(pattern.replace("{agency}", _AGENCY)), kind, level)
    for pattern, kind, level in (
        (r"council", UnitKind.COUNCIL, Level.NATIONAL),
        (r"centre", UnitKind.CENTRE, Level.NATIONAL),
        (r"centre/ideas", UnitKind.IDEAS, Level.NATIONAL),
        (r"province/(?P<province>[0-9]{2})/governor", UnitKind.GOVERNOR, Level.PROVINCE),
        (r"province/(?P<province>[0-9]{2})/performance", UnitKind.PERFORMANCE, Level.PROVINCE),
        (r"province/(?P<province>[0-9]{2})/desk", UnitKind.DESK, Level.PROVINCE),
        (r"province/(?P<province>[0-9]{2})/deputies", UnitKind.DEPUTIES, Level.PROVINCE),
        (r"county/(?P<county>[0-9]{4})/governor", UnitKind.GOVERNOR, Level.COUNTY),
        (r"county/(?P<county>[0-9]{4})/desk", UnitKind.DESK, Level.COUNTY),
        (r"county/(?P<county>[0-9]{4})/deputies", UnitKind.DEPUTIES, Level.COUNTY),
        (r"agency/{agency}/head", UnitKind.HEAD, Level.AGENCY),
        (r"agency/{agency}/deputies", UnitKind.DEPUTIES, Level.AGENCY),
        (r"agency/{agency}/performance", UnitKind.PERFORMANCE, Level.AGENCY),
        (r"agency/{agency}/desk", UnitKind.DESK, Level.AGENCY),
        (r"agency/{agency}/(?P<province>[0-9]{2})", UnitKind.DIRECTOR, Level.PROVINCE),
        (r"agency/{agency}/(?P<province>[0-9]{2})/desk", UnitKind.DESK, Level.PROVINCE),
        (r"agency/{agency}/(?P<county>[0-9]{4})", UnitKind.OFFICE, Level.COUNTY),
    )
)  # fmt: skip


@lru_cache(maxsize=20_000)
def parse(code: str) -> Unit:
    """What this code means. Raises UnknownUnit."""
    for pattern, kind, level in _SHAPES:
        if found := pattern.fullmatch(code):
            parts = found.groupdict()
            county = parts.get("county")
            return Unit(
                code,
                kind,
                level,
                parts.get("agency"),
                county[:2] if county else parts.get("province"),
                county,
            )
    raise UnknownUnit(f"no unit has the code {code!r}")


def province_governor(province: str) -> str:
    """The governor of a province."""
    return f"province/{province}/governor"


def province_performance(province: str) -> str:
    """The performance office of a provincial governor (article 4-11)."""
    return f"province/{province}/performance"


def province_desk(province: str) -> str:
    """The desk of a provincial governor's office."""
    return f"province/{province}/desk"


def county_governor(county: str) -> str:
    """The governor of a county."""
    return f"county/{county}/governor"


def county_desk(county: str) -> str:
    """The desk under a county governor (article 4-1)."""
    return f"county/{county}/desk"


def agency_head(agency: str) -> str:
    """The minister or the head of an organisation."""
    return f"agency/{agency}/head"


def agency_performance(agency: str) -> str:
    """The performance office of an agency (article 4-16)."""
    return f"agency/{agency}/performance"


def agency_desk(agency: str) -> str:
    """The desk at an agency's headquarters (article 4-13)."""
    return f"agency/{agency}/desk"


def agency_director(agency: str, province: str) -> str:
    """The director general of an agency in a province."""
    return f"agency/{agency}/{province}"


def agency_province_desk(agency: str, province: str) -> str:
    """The desk under a director general (article 4-6)."""
    return f"agency/{agency}/{province}/desk"


def agency_office(agency: str, county: str) -> str:
    """The head of an agency's office in a county."""
    return f"agency/{agency}/{county}"


def deputies(code: str) -> str | None:
    """The deputies' unit of a governor, minister or head; None: such a unit has none of its own.

    Raises UnknownUnit.
    """
    if parse(code).kind not in (UnitKind.GOVERNOR, UnitKind.HEAD):
        return None
    return f"{code.rpartition('/')[0]}/deputies"


def superior(code: str) -> str | None:
    """Who stands one step above in the service line; None above the Centre. Raises UnknownUnit.

    A complaint about the head of a county office takes another way, to the county governor (10-3):
    that is the referral rules' business.
    """
    unit = parse(code)
    if unit.kind in (UnitKind.CENTRE, UnitKind.COUNCIL):
        return None
    if unit.kind in (UnitKind.IDEAS, UnitKind.HEAD):
        return CENTRE
    if unit.agency:
        return _superior_in_agency(unit, unit.agency)
    if unit.kind is not UnitKind.GOVERNOR:
        return county_governor(unit.county) if unit.county else province_governor(unit.province or "")
    return province_governor(unit.province or "") if unit.county else CENTRE


def _superior_in_agency(unit: Unit, agency: str) -> str:
    if unit.province and unit.kind is not UnitKind.DIRECTOR:
        return agency_director(agency, unit.province)
    return agency_head(agency)


def chain(code: str) -> tuple[str, ...]:
    """The unit and all above it, up to the Centre. Raises UnknownUnit."""
    steps = [code]
    while above := superior(steps[-1]):
        steps.append(above)
    return tuple(steps)


def below(code: str, other: str) -> bool:
    """Whether `code` stands somewhere below `other` in its chain (a unit is not below itself)."""
    return other in chain(code)[1:]
