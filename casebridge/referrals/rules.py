"""Where a case goes (articles 4, 9, 10). Pure: plain facts and a snapshot of the country in, a unit out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

from casebridge.cases.schemas import Channel, Kind, Level
from casebridge.country import units
from casebridge.country.units import CENTRE, COUNCIL, IDEAS, UnitKind, parse


class Map(Protocol):
    """What routing asks of the country."""

    def has_unit(self, code: str) -> bool:
        """Whether this unit may be given cases."""

    def competent(self, subject: str) -> str | None:
        """The agency that leads in a subject."""

    def within_duties(self, agency: str, subject: str) -> bool:
        """Whether a subject is among an agency's duties."""

    def ministry_of(self, agency: str) -> str:
        """The ministry or organisation a company, bank, insurer or municipality stands below."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What decides where a case goes.

    Attributes:
        complained_unit: whom a complaint is about, or whose performance a report tells of.
        beyond_province: it needs a permit, credit or power of the ministry (4-10).
        marginal_note: the president wrote on it (4-25).
        reviewed: the working group has approved of the idea (4-20).
    """

    kind: Kind
    level: Level = Level.NATIONAL
    province: str | None = None
    county: str | None = None
    agency: str | None = None
    subject: str | None = None
    channel: Channel = Channel.PHONE
    complained_unit: str | None = None
    from_abroad: bool = False
    beyond_province: bool = False
    marginal_note: bool = False
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The unit a case goes to, and by which article."""

    unit: str
    article: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A desk may not register or act here; the competent one is named."""

    competent_unit: str
    article: str


class NobodyAbove(ValueError):
    """A complaint about the council itself: no cartable stands above it; the courts and boards do (10-3)."""


ABOUT_OFFICIALS: Final = frozenset({Kind.COMPLAINT, Kind.REPORT, Kind.CRITICISM})
MAY_BE_ABOUT_ANYBODY: Final = ABOUT_OFFICIALS | {Kind.UNCLASSIFIED}
"""What is spoken is about nobody knows whom until somebody has listened."""


def first_owner(kind: str, province: str | None, county: str | None = None, *, heard: bool = True) -> str:
    """Who owns a case at the moment it is registered.

    Args:
        heard: somebody has listened to it or read it. What nobody has may be about the very desk it would
            begin at, or its governor: the Centre listens first (10-3).
    """
    if kind == Kind.IDEA:
        return IDEAS
    if kind == Kind.SENTIMENT or (kind in MAY_BE_ABOUT_ANYBODY and not heard):
        return CENTRE
    if county:
        return units.county_desk(county)
    return units.province_desk(province) if province else CENTRE


def in_force(unit: str, country: Map) -> str:
    """The unit, or the nearest one above it that may be given cases: what is closed gets no calls either."""
    while unit != CENTRE and not country.has_unit(unit):
        unit = units.superior(unit) or CENTRE
    return unit


def complaint_owner(complained: str) -> str:
    """Who hears a complaint about this unit or its head: one step up the hierarchy (article 10-3).

    Raises NobodyAbove, UnknownUnit.
    """
    unit = parse(complained)
    match unit.kind:
        case UnitKind.COUNCIL:
            raise NobodyAbove(complained)
        case UnitKind.CENTRE:
            return COUNCIL
        case UnitKind.HEAD | UnitKind.IDEAS:
            return CENTRE
        case UnitKind.GOVERNOR:
            return CENTRE if unit.county is None else units.province_governor(unit.province or "")
        case UnitKind.OFFICE:
            return units.county_governor(unit.county or "")
        case UnitKind.DIRECTOR:
            return units.province_governor(unit.province or "")
        case UnitKind.DESK | UnitKind.PERFORMANCE | UnitKind.DEPUTIES:
            if unit.county:
                return units.county_governor(unit.county)
            if unit.province:
                return units.province_governor(unit.province)
            return units.agency_head(unit.agency or "")


def report_owner(reported: str) -> str:
    """Who receives a report on how an official performs (article 10-4). Raises NobodyAbove, UnknownUnit."""
    unit = parse(reported)
    if unit.kind in (UnitKind.CENTRE, UnitKind.COUNCIL):
        return complaint_owner(reported)
    if unit.level is Level.COUNTY:
        if unit.kind is UnitKind.GOVERNOR:
            return units.province_governor(unit.province or "")
        return units.county_governor(unit.county or "")
    if unit.level is Level.PROVINCE and unit.kind is not UnitKind.GOVERNOR:
        return units.province_governor(unit.province or "")
    return CENTRE


def barred(unit: str, complained: str | None) -> bool:
    """Whether a unit must never get, see or answer a case, because it or one above it is complained of.

    Above is meant both ways: in the service line, and in the hierarchy of complaints (10-3), where a
    governor stands above the agencies' offices of his place.
    """
    if complained is None:
        return False
    return unit == complained or units.below(unit, complained) or complained in _above(unit)


def _above(unit: str) -> list[str]:
    """All who would hear a complaint about this unit, and about them, up to the council."""
    line: list[str] = []
    while unit != COUNCIL:
        unit = complaint_owner(unit)
        line.append(unit)
    return line


def last_instance(complained: str | None) -> str:
    """Who has the last word: the Centre (9-1), but about itself the council's secretariat (13)."""
    return COUNCIL if barred(CENTRE, complained) else CENTRE


def route(facts: CaseFacts, country: Map) -> Decision:
    """The unit that is to have this case, and the article that says so.

    Raises NobodyAbove.
    """
    if facts.complained_unit and facts.kind in ABOUT_OFFICIALS:
        if facts.kind is Kind.REPORT:
            return Decision(_there(report_owner(facts.complained_unit), facts, country), "10-4")
        return Decision(_there(complaint_owner(facts.complained_unit), facts, country), "10-3")
    decision = _by_kind(facts, country) or _by_way(facts, country) or _by_place(facts, country)
    return Decision(_there(decision.unit, facts, country), decision.article)


def may_register(unit: str, subject: str | None, country: Map, facts: CaseFacts) -> Refusal | None:
    """None where a unit may register and act on a subject; else who is competent (4-8, 4-15).

    Desks of places, governors and the Centre take everything, and what is about an official goes by the
    hierarchy, not by duties (10-3, 10-4). An agency's units act on what lies within its duties, or
    goes to it by the articles (4-10: its ministry, too); not on what has no subject, which may be anything.
    """
    agency = parse(unit).agency
    if agency is None or (facts.complained_unit is not None and facts.kind in ABOUT_OFFICIALS):
        return None
    if subject is not None and country.within_duties(agency, subject):
        return None
    if subject is not None and parse(route(replace(facts, subject=subject), country).unit).agency == agency:
        return None
    article = "4-15" if parse(unit).level is Level.AGENCY else "4-8"
    elsewhere = CaseFacts(facts.kind, facts.level, facts.province, facts.county, None, subject, facts.channel)
    return Refusal(route(elsewhere, country).unit, article)


def one_higher(unit: str, complained: str | None) -> str:
    """Who reviews again what a unit has answered, or gets what it left overdue.

    The Centre, or whoever has the last word, keeps its own.
    """
    end = last_instance(complained)
    above = units.superior(unit) or end
    while barred(above, complained) and above != end:
        above = units.superior(above) or end
    return above


def _by_kind(facts: CaseFacts, country: Map) -> Decision | None:
    if facts.kind is Kind.SENTIMENT:
        return Decision(CENTRE, "1")
    if facts.kind is Kind.IDEA:
        agency = _agency(facts, country)
        if facts.reviewed and agency:
            return Decision(units.agency_desk(agency), "4-20")
        return Decision(IDEAS, "4-19")
    return None


def _by_way(facts: CaseFacts, country: Map) -> Decision | None:
    agency = _agency(facts, country)
    if facts.marginal_note:
        return Decision(units.agency_head(agency) if agency else CENTRE, "4-25")
    if facts.from_abroad:
        return Decision(_at_headquarters(agency, facts) if agency else CENTRE, "9-2")
    if facts.beyond_province:
        above = _at_headquarters(country.ministry_of(agency), facts) if agency else CENTRE
        return Decision(above, "4-10")
    if facts.channel is Channel.PROVINCIAL_TRIP and facts.province:
        return Decision(units.province_performance(facts.province), "4-12")
    if facts.level is Level.NATIONAL and facts.kind is Kind.REQUEST:
        return Decision(units.agency_desk(agency) if agency else CENTRE, "4-18")
    return None


def _by_place(facts: CaseFacts, country: Map) -> Decision:
    agency, county, province = _agency(facts, country), facts.county, facts.province
    if facts.kind is Kind.COMPLAINT and (handling := _handles_complaints(facts, agency)):
        return Decision(handling, "10-2")
    if agency and facts.level is Level.COUNTY and county:
        office = units.agency_office(agency, county)
        return Decision(office if country.has_unit(office) else units.county_desk(county), "4-3")
    if agency and province and facts.level in (Level.COUNTY, Level.PROVINCE):
        desk = units.agency_province_desk(agency, province)
        return Decision(desk if country.has_unit(desk) else units.agency_desk(agency), "4-6")
    if agency:
        return Decision(units.agency_desk(agency), "4-13")
    if county and facts.level is Level.COUNTY:
        return Decision(units.county_desk(county), "4-1")
    if province:
        return Decision(units.province_desk(province), "4-11")
    return Decision(CENTRE, "4-24")


def _handles_complaints(facts: CaseFacts, agency: str | None) -> str | None:
    """In a county the desk; at the province's and an agency's level the performance offices (10-2)."""
    if facts.level is Level.COUNTY and facts.county:
        return units.county_desk(facts.county)
    if facts.level in (Level.COUNTY, Level.PROVINCE) and facts.province:
        return units.province_performance(facts.province)
    return units.agency_performance(agency) if agency else None


def _at_headquarters(agency: str, facts: CaseFacts) -> str:
    """Who receives what goes up to an agency: its performance office complaints (10-2), its desk all else."""
    if facts.kind is Kind.COMPLAINT:
        return units.agency_performance(agency)
    return units.agency_desk(agency)


def _agency(facts: CaseFacts, country: Map) -> str | None:
    """The agency that was named, where the subject is among its duties; else the one that leads in it."""
    if facts.subject is None or (facts.agency and country.within_duties(facts.agency, facts.subject)):
        return facts.agency
    return country.competent(facts.subject)


def _there(unit: str, facts: CaseFacts, country: Map) -> str:
    """The unit, or the nearest above it that exists and is not barred. The last instance always is there."""
    end = last_instance(facts.complained_unit)
    while unit != end and (not country.has_unit(unit) or barred(unit, facts.complained_unit)):
        unit = units.superior(unit) or end
    return unit
