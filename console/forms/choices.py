"""Units one may refer to or speak of, in groups, with names: for a select box."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from casebridge.country import units
from casebridge.country.schemas import Subject
from casebridge.country.snapshot import Country
from console.language import N_, Language

Groups = list[tuple[str, list[tuple[str, str]]]]
ABOVE: Final = N_("One's own way up")
PLACES: Final = N_("Governors and desks of places")
OFFICES: Final = N_("Agencies in the province")
CENTRAL: Final = N_("Agencies' headquarters")
OF_AGENCY: Final = N_("The case's agency")


def unit_groups(
    land: Country, speech: Language, *, near: Iterable[str], province: str | None, county: str | None = None
) -> Groups:
    """Choices by group.

    Args:
        near: units whose superiors stand first.
        province: whose places and offices are named.
        county: whose agencies' offices are named too.
    """
    above = [code for unit in near for code in units.chain(unit)[1:]] + [units.CENTRE, units.IDEAS]
    places: list[str] = []
    offices: list[str] = []
    if province:
        for place in (province, *(found.code for found in land.counties(province))):
            places += [unit.code for unit in land.units_of_place(place)]
        offices = [units.agency_province_desk(agency, province) for agency in land.agencies]
    if county:
        offices += [units.agency_office(agency, county) for agency in land.agencies]
    central = [units.agency_desk(agency) for agency in land.agencies]
    groups = ((ABOVE, above), (PLACES, places), (OFFICES, offices), (CENTRAL, central))
    return [(speech.gettext(name), _named(land, speech, codes)) for name, codes in groups if codes]


def _named(land: Country, speech: Language, codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, land.name(code, speech.code)) for code in dict.fromkeys(codes) if land.has_unit(code)]


def with_chosen(groups: Groups, land: Country, speech: Language, chosen: str | None) -> Groups:
    """The groups, and in front what is chosen now where none of them has it: no form loses it unasked."""
    if not chosen or any(code == chosen for _, choices in groups for code, _ in choices):
        return groups
    return [("", [(chosen, land.name(chosen, speech.code))]), *groups]


def agency_units(
    land: Country, speech: Language, agency: str, province: str | None, county: str | None
) -> Groups:
    """All of an agency that a complaint may be about: head, deputies and offices, also of the place."""
    found = [unit.code for unit in land.units_of_agency(agency)]
    if province:
        found += [units.agency_director(agency, province), units.agency_province_desk(agency, province)]
    if county:
        found.append(units.agency_office(agency, county))
    return [(speech.gettext(OF_AGENCY), _named(land, speech, found))]


def subject_choices(land: Country, speech: Language) -> Groups:
    """Subjects in force: the fields, and below each all that lies in it."""
    return [
        (
            land.name(top.code, speech.code),
            [(one.code, land.name(one.code, speech.code)) for one in _below(land, top)],
        )
        for top in land.subjects_below(None)
    ]


def _below(land: Country, subject: Subject) -> list[Subject]:
    return [subject] + [low for child in land.subjects_below(subject.code) for low in _below(land, child)]


def agency_choices(land: Country, speech: Language) -> list[tuple[str, str]]:
    """Agencies in force with their names, by name."""
    active = [agency.code for agency in land.agencies.values() if agency.active]
    return sorted(((code, land.name(code, speech.code)) for code in active), key=lambda pair: pair[1])
