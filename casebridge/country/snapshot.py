"""The country in memory: what routing, lists and screens ask, answered without a query."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from casebridge.cases.schemas import Level
from casebridge.country import units
from casebridge.country.schemas import (
    Agency,
    AgencyKind,
    Duty,
    Place,
    PlaceKind,
    Reach,
    Subject,
    UnitChange,
    UnitInfo,
)
from casebridge.country.units import Unit, UnitKind, UnknownUnit


@dataclass(frozen=True)
class Country:
    """A snapshot of the country. Units that follow by rule are not stored: they are worked out here.

    Args:
        edition: which state of the tables this is.
        places: by code.
        agencies: by code.
        subjects: by code.
        duties: all.
        changes: units with something of their own, by code.
    """

    edition: str
    places: Mapping[str, Place]
    agencies: Mapping[str, Agency]
    subjects: Mapping[str, Subject]
    duty_list: tuple[Duty, ...]
    changes: Mapping[str, UnitChange] = field(default_factory=dict)

    def unit(self, code: str) -> UnitInfo | None:
        """The unit with this code; None where the country has no such unit."""
        try:
            meant = units.parse(code)
        except UnknownUnit:
            return None
        return self._info(meant) if self._exists(meant) else None

    def has_unit(self, code: str) -> bool:
        """Whether this is a unit that may be given cases."""
        found = self.unit(code)
        return found is not None and found.active

    def agency(self, code: str) -> Agency | None:
        """The agency with this code."""
        return self.agencies.get(code)

    def subject(self, code: str) -> Subject | None:
        """The subject with this code."""
        return self.subjects.get(code)

    def place(self, code: str) -> Place | None:
        """The province or county with this code."""
        return self.places.get(code)

    def provinces(self) -> list[Place]:
        """All provinces in force, by code."""
        return [place for place in self._active_places if place.kind is PlaceKind.PROVINCE]

    def counties(self, province: str) -> list[Place]:
        """The counties of a province in force, by code."""
        return self._counties.get(province, [])

    def capital_county(self, province: str) -> Place | None:
        """The county that holds a province's capital."""
        return next((county for county in self.counties(province) if county.capital), None)

    def duties(self, agency: str) -> frozenset[str]:
        """Subjects given to an agency as duties; each includes all below it."""
        return self._duties.get(agency, frozenset())

    def within_duties(self, agency: str, subject: str) -> bool:
        """Whether a subject, or one above it, is among an agency's duties (4-8, 4-15)."""
        given = self.duties(agency)
        return any(each in given for each in self.line_of(subject))

    def competent(self, subject: str) -> str | None:
        """The agency that leads in a subject, or in the nearest one above it.

        Where none leads, the first that has the duty at all; None where nobody has.
        """
        line = self.line_of(subject)
        for found in (self._leading, self._sharing):
            for each in line:
                if each in found:
                    return found[each]
        return None

    def ministry_of(self, agency: str) -> str:
        """The nearest ministry or organisation above a company, bank, insurer, municipality; else itself."""
        current, passed = self.agencies.get(agency), {agency}
        while current is not None and current.kind in _BELOW and current.parent not in passed:
            passed.add(current.parent or "")
            current = self.agencies.get(current.parent or "")
        return current.code if current and current.active else agency

    def line_of(self, subject: str) -> list[str]:
        """A subject and those above it, up to the tree's top."""
        line: list[str] = []
        current = self.subjects.get(subject)
        while current is not None and current.code not in line:
            line.append(current.code)
            current = self.subjects.get(current.parent) if current.parent else None
        return line

    def subjects_below(self, subject: str | None) -> list[Subject]:
        """The subjects in force right below one (None: the top of the tree), by code."""
        return self._children.get(subject, [])

    def units_of_agency(self, agency: str, province: str | None = None) -> Iterator[UnitInfo]:
        """An agency's units: headquarters, or those in a province."""
        found = self.agencies.get(agency)
        there = province is None or province in self.places
        for code in _agency_codes(found, self._counties, province) if found and there else ():
            yield self._info(units.parse(code))

    def units_of_place(self, place: str) -> Iterator[UnitInfo]:
        """Governor, deputies, performance office and desk of a province or county."""
        level = "province" if len(place) == 2 else "county"
        own = ("performance",) if level == "province" else ()
        for kind in ("governor", "deputies", *own, "desk") if place in self.places else ():
            yield self._info(units.parse(f"{level}/{place}/{kind}"))

    def name(self, code: str, language: str) -> str:
        """The name of a unit, agency, subject or place in "fa" or "en"; the code where nothing has it."""
        if unit := self.unit(code):
            return unit.name_fa if language == "fa" else unit.name_en
        found = self.agencies.get(code) or self.subjects.get(code) or self.places.get(code)
        return getattr(found, f"name_{language}") if found else code

    def _exists(self, unit: Unit) -> bool:
        if unit.province and unit.province not in self.places:
            return False
        if unit.county and unit.county not in self.places:
            return False
        if unit.agency is None:
            return True
        agency = self.agencies.get(unit.agency)
        return agency is not None and _reaches(agency.reach, unit.level)

    def _info(self, unit: Unit) -> UnitInfo:
        """Remembered: a form offers hundreds of units, and asks more than once for each."""
        known = self._infos.get(unit.code)
        if known is None:
            known = self._infos[unit.code] = self._worked_out(unit)
        return known

    def _worked_out(self, unit: Unit) -> UnitInfo:
        change = self.changes.get(unit.code)
        return UnitInfo.model_construct(
            code=unit.code,
            kind=unit.kind,
            level=unit.level,
            agency=unit.agency,
            province=unit.province,
            county=unit.county,
            parent=units.superior(unit.code),
            name_fa=(change.name_fa if change else None) or self._rule_name(unit, "fa"),
            name_en=(change.name_en if change else None) or self._rule_name(unit, "en"),
            night_shift=change.night_shift if change else False,
            active=(change.active if change else True) and self._parts_active(unit),
        )

    def _parts_active(self, unit: Unit) -> bool:
        parts = (
            self.places.get(unit.province or ""),
            self.places.get(unit.county or ""),
            self.agencies.get(unit.agency or ""),
        )
        return all(part is None or part.active for part in parts)

    def _rule_name(self, unit: Unit, language: str) -> str:
        agency = self.agencies.get(unit.agency or "")
        county = self.places.get(unit.county or "")
        shape = _shape(unit, agency, county)
        names = {
            "agency": agency,
            "county": county,
            "province": self.places.get(unit.province or ""),
        }
        return unit_names()[shape][language].format_map(
            {what: getattr(part, f"name_{language}") for what, part in names.items() if part}
        )

    @cached_property
    def _infos(self) -> dict[str, UnitInfo]:
        return {}

    @cached_property
    def _active_places(self) -> list[Place]:
        return [self.places[code] for code in sorted(self.places) if self.places[code].active]

    @cached_property
    def _counties(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for place in self._active_places:
            if place.kind is PlaceKind.COUNTY:
                found.setdefault(place.code[:2], []).append(place)
        return found

    @cached_property
    def _duties(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for duty in self.duty_list:
            found.setdefault(duty.agency, set()).add(duty.subject)
        return MappingProxyType({agency: frozenset(given) for agency, given in found.items()})

    @cached_property
    def _leading(self) -> dict[str, str]:
        """The agency in force that leads, by subject."""
        return self._first_by_subject(leads=True)

    @cached_property
    def _sharing(self) -> dict[str, str]:
        """An agency in force that has the duty without leading, by subject."""
        return self._first_by_subject(leads=False)

    def _first_by_subject(self, *, leads: bool) -> dict[str, str]:
        found: dict[str, str] = {}
        for duty in sorted(self.duty_list, key=lambda duty: duty.agency):
            if duty.leads is leads and self.agencies[duty.agency].active:
                found.setdefault(duty.subject, duty.agency)
        return found

    @cached_property
    def _children(self) -> dict[str | None, list[Subject]]:
        found: dict[str | None, list[Subject]] = {}
        for code in sorted(self.subjects):
            subject = self.subjects[code]
            if subject.active:
                found.setdefault(subject.parent, []).append(subject)
        return found


_BELOW: Final = frozenset(AgencyKind) - {AgencyKind.MINISTRY, AgencyKind.ORGANISATION, AgencyKind.INSTITUTION}
"""Kinds of agency for which a ministry or organisation decides what is beyond a province (4-10)."""


def _reaches(reach: Reach, level: Level) -> bool:
    if level is Level.AGENCY:
        return True
    return reach is Reach.COUNTY or (reach is Reach.PROVINCE and level is Level.PROVINCE)


def _agency_codes(
    agency: Agency, counties: Mapping[str, Iterable[Place]], province: str | None
) -> Iterator[str]:
    if province is None:
        yield units.agency_head(agency.code)
        yield f"agency/{agency.code}/deputies"
        yield units.agency_performance(agency.code)
        yield units.agency_desk(agency.code)
    elif agency.reach is not Reach.NATIONAL:
        yield units.agency_director(agency.code, province)
        yield units.agency_province_desk(agency.code, province)
        if agency.reach is Reach.COUNTY:
            for county in counties.get(province, ()):
                yield units.agency_office(agency.code, county.code)


def _shape(unit: Unit, agency: Agency | None, county: Place | None) -> str:
    """Which pattern of `data/unit_names.toml` names a unit."""
    if unit.kind is UnitKind.GOVERNOR and county:
        return "special_governor" if county.special_governorate else "county_governor"
    if unit.kind is UnitKind.DESK and county and county.special_governorate:
        return "special_desk"
    if unit.kind in (UnitKind.HEAD, UnitKind.OFFICE, UnitKind.DIRECTOR) and agency:
        own = f"{unit.kind}_{agency.kind}"
        return own if own in unit_names() else unit.kind
    if unit.kind is UnitKind.DESK and agency and unit.province:
        return "agency_province_desk"
    if unit.kind in (UnitKind.COUNCIL, UnitKind.CENTRE, UnitKind.IDEAS):
        return unit.kind
    return f"{unit.level}_{unit.kind}"


@cache
def unit_names() -> dict[str, dict[str, str]]:
    """How units are called by rule: patterns by shape, and in each by language."""
    return tomllib.loads(
        (files("casebridge.country") / "data" / "unit_names.toml").read_text(encoding="utf-8")
    )
