"""What supervisors see: every case of their place or agency, to read it alone. Rules, and the same as SQL.

The Centre supervises all levels (4-22, 4-23, 11-16), a province's governor and performance office the
province (4-11), a county's governor the county (4-1), an agency's performance office the agency (4-16).
Nobody sees so what is about themselves or those above them (10-3); that stands beside, with `Sight`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, true

from casebridge.cartables.rules import Sight
from casebridge.cases.models import Case
from casebridge.country.units import CENTRE, COUNCIL, UnitKind, parse
from casebridge.referrals.rules import MAY_BE_ABOUT_ANYBODY


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case belongs; as what somebody supervises: None counts for all of them."""

    province: str | None = None
    county: str | None = None
    agency: str | None = None

    @property
    def units_below(self) -> tuple[str, ...]:
        """How the codes of units begin that work there, whatever their cases say of the place."""
        if self.agency:
            return (f"agency/{self.agency}/",)
        if self.county:
            return (f"county/{self.county}/",)
        return (f"province/{self.province}/", f"county/{self.province}")

    def covers(self, other: Place, owner: str) -> bool:
        """Whether a case of another place lies within this one, or is with a unit that does."""
        named = ((self.agency, other.agency), (self.county, other.county), (self.province, other.province))
        there = all(mine is None or mine == theirs for mine, theirs in named)
        return there or owner.startswith(self.units_below)


EVERYWHERE: Final = Place()
_LAST_INSTANCES: Final = (CENTRE, COUNCIL)


def supervised_by(unit: str) -> Place | None:
    """What the regulation makes a unit supervise; None: nothing."""
    found = parse(unit)
    if found.kind is UnitKind.CENTRE:
        return EVERYWHERE
    if found.kind not in (UnitKind.GOVERNOR, UnitKind.PERFORMANCE):
        return None
    if found.agency:
        return Place(agency=found.agency)
    return Place(county=found.county) if found.county else Place(province=found.province)


def supervised(sight: Sight) -> frozenset[Place]:
    """What somebody supervises by the units they hold; what was only lent makes nobody a supervisor."""
    return frozenset(place for unit in sight.own if (place := supervised_by(unit)) is not None)


def may_supervise(sight: Sight, owner: str, place: Place, complained: str | None, kind: str) -> bool:
    """Whether a case lies within what they supervise.

    What is spoken is about nobody knows whom: until the Centre has listened and sent it on, or said whom it
    is about, no place or agency looks at it (10-3).
    """
    unheard = owner in _LAST_INSTANCES and complained is None and kind in MAY_BE_ABOUT_ANYBODY
    return any(
        mine == EVERYWHERE or (not unheard and mine.covers(place, owner)) for mine in supervised(sight)
    )


def conditions(sight: Sight) -> list[ColumnElement[bool]]:
    """`may_supervise` about the cases of a query, a condition a place; none for who supervises nothing."""
    mine = supervised(sight)
    if EVERYWHERE in mine:
        return [true()]
    heard = or_(
        Case.owner_unit.not_in(_LAST_INSTANCES),
        Case.complained_unit.is_not(None),
        Case.kind.not_in(sorted(MAY_BE_ABOUT_ANYBODY)),
    )
    return [and_(_lies_in(place), heard) for place in mine]


def _lies_in(place: Place) -> ColumnElement[bool]:
    """As `Place.covers` says it."""
    named = ((Case.agency, place.agency), (Case.county, place.county), (Case.province, place.province))
    there = and_(*(column == code for column, code in named if code is not None))
    owned = (Case.owner_unit.startswith(path, autoescape=True) for path in place.units_below)
    return or_(there, *owned)
