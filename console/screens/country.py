"""The country on screen: places, agencies, units with their officials, subjects and duties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from casebridge.bridge import Bridge
from casebridge.country import service
from casebridge.country.schemas import AgencyKind, Position, Reach, RowError, Sheet
from casebridge.country.snapshot import Country
from casebridge.country.units import chain
from casebridge.notifications import mending
from casebridge.people.access import address_of
from casebridge.people.service import Principal
from casebridge.problems import Problem
from console.forms.contact import save_contact_form
from console.forms.country import save_form
from console.forms.outcomes import Notices, done, notice
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CountryEditor, CountryReader, MessageMender

router = APIRouter()
NOTICES: Final[Notices] = {"saved": (N_("Saved, and written down with your name."), "green")}
Said = Annotated[str, Query(max_length=16)]
Wrong = Sequence[RowError]


@router.get("/country")
async def places_page(request: Request, bridge: BridgeParts, person: CountryReader) -> Response:
    """The provinces."""
    known = await _country(bridge)
    return _page(request, "country_places.html", person, known)


@router.get("/country/places/{code}")
async def place_page(
    request: Request, bridge: BridgeParts, person: CountryReader, code: str, said: Said = ""
) -> Response:
    """A province with its counties, or a county with the offices in it."""
    return await _place(request, bridge, person, code, said=said)


@router.post("/country/places/{code}", dependencies=[Depends(check_form)])
async def save_place(request: Request, bridge: BridgeParts, person: CountryEditor, code: str) -> Response:
    """Changes a place."""
    return await _save(request, bridge, person, Sheet.PLACES, _place, "/country/places/", code)


@router.get("/country/agencies")
async def agencies_page(request: Request, bridge: BridgeParts, person: CountryReader) -> Response:
    """All agencies, by kind."""
    return await _agencies(request, bridge, person)


@router.post("/country/agencies", dependencies=[Depends(check_form)])
async def save_agency(request: Request, bridge: BridgeParts, person: CountryEditor) -> Response:
    """Adds an agency or changes one."""
    return await _save(request, bridge, person, Sheet.AGENCIES, _agency_or_all, "/country/agencies/")


@router.get("/country/agencies/{code}")
async def agency_page(
    request: Request,
    bridge: BridgeParts,
    person: CountryReader,
    code: str,
    province: Annotated[str, Query(max_length=2)] = "",
    said: Said = "",
) -> Response:
    """An agency: what it is, its units at headquarters or in a province, its duties."""
    return await _agency(request, bridge, person, code, province=province, said=said)


@router.post("/country/agencies/{code}/duties", dependencies=[Depends(check_form)])
async def save_duty(request: Request, bridge: BridgeParts, person: CountryEditor, code: str) -> Response:
    """Gives an agency a duty, or takes one away."""
    return await _save(request, bridge, person, Sheet.DUTIES, _agency, "/country/agencies/", code)


@router.get("/country/subjects")
async def subjects_page(
    request: Request, bridge: BridgeParts, person: CountryReader, said: Said = ""
) -> Response:
    """The subject tree."""
    return await _subjects(request, bridge, person, said=said)


@router.post("/country/subjects", dependencies=[Depends(check_form)])
async def save_subject(request: Request, bridge: BridgeParts, person: CountryEditor) -> Response:
    """Adds a subject or changes one."""
    return await _save(request, bridge, person, Sheet.SUBJECTS, _subject_or_all, "/country/subjects/")


@router.get("/country/subjects/{code}")
async def subject_page(
    request: Request, bridge: BridgeParts, person: CountryReader, code: str, said: Said = ""
) -> Response:
    """A subject, what is below it, and whose duty it is."""
    return await _subject(request, bridge, person, code, said=said)


@router.get("/country/units/{code:path}")
async def unit_page(
    request: Request, bridge: BridgeParts, person: CountryReader, code: str, said: Said = ""
) -> Response:
    """A unit, those above it, and its officials."""
    return await _unit(request, bridge, person, code, said=said)


@router.post("/country/officials/{code:path}", dependencies=[Depends(check_form)])
async def save_official(request: Request, bridge: BridgeParts, person: CountryEditor, code: str) -> Response:
    """Makes somebody an official of a unit, or no longer."""
    return await _save(request, bridge, person, Sheet.OFFICIALS, _unit, "/country/units/", code)


@router.post("/country/contacts/{code:path}", dependencies=[Depends(check_form)])
async def save_contact(request: Request, bridge: BridgeParts, person: MessageMender, code: str) -> Response:
    """Says where a unit is told what concerns it."""
    refused, typed = await save_contact_form(request, bridge, person.actor, code)
    if refused:
        return await _unit(request, bridge, person, code, refused=refused, typed=typed)
    return done(bridge, f"/country/units/{code}", "saved")


@router.post("/country/units/{code:path}", dependencies=[Depends(check_form)])
async def save_unit(request: Request, bridge: BridgeParts, person: CountryEditor, code: str) -> Response:
    """Gives a unit a name, a night shift, or takes it out of force."""
    return await _save(request, bridge, person, Sheet.UNITS, _unit, "/country/units/", code)


async def _save(
    request: Request,
    bridge: Bridge,
    person: Principal,
    sheet: Sheet,
    show: Callable[..., Awaitable[Response]],
    address: str,
    code: str = "",
) -> Response:
    """Saves a form and leads to the page of its code; what is wrong is shown there with what was typed."""
    wrong, typed = await save_form(request, bridge, person.actor, sheet, address_of(request))
    code = code or typed["code"]
    if wrong:
        return await show(request, bridge, person, code, wrong=wrong, typed=typed)
    return done(bridge, address + code, "saved")


async def _agency_or_all(
    request: Request, bridge: Bridge, person: Principal, code: str, **shown: Any
) -> Response:
    if code in (await _country(bridge)).agencies:
        return await _agency(request, bridge, person, code, **shown)
    return await _agencies(request, bridge, person, **shown)


async def _subject_or_all(
    request: Request, bridge: Bridge, person: Principal, code: str, **shown: Any
) -> Response:
    if code in (await _country(bridge)).subjects:
        return await _subject(request, bridge, person, code, **shown)
    return await _subjects(request, bridge, person, **shown)


async def _place(request: Request, bridge: Bridge, person: Principal, code: str, **shown: Any) -> Response:
    known = await _country(bridge)
    place = known.place(code)
    if place is None:
        raise Problem("not_found")
    agencies = known.agencies.values()
    offices = [known.unit(f"agency/{agency.code}/{code}") for agency in agencies if agency.active]
    return _page(
        request,
        "country_place.html",
        person,
        known,
        place=place,
        units=list(known.units_of_place(code)),
        offices=[office for office in offices if office is not None],
        counties=[row for row in known.places.values() if row.parent == code],
        **shown,
    )


async def _agencies(request: Request, bridge: Bridge, person: Principal, **shown: Any) -> Response:
    known = await _country(bridge)
    by_kind = {
        kind: sorted(
            (row for row in known.agencies.values() if row.kind is kind),
            key=lambda row: known.name(row.code, language_of(request).code),
        )
        for kind in AgencyKind
    }
    return _page(request, "country_agencies.html", person, known, by_kind=by_kind, **shown)


async def _agency(
    request: Request, bridge: Bridge, person: Principal, code: str, province: str = "", **shown: Any
) -> Response:
    known = await _country(bridge)
    agency = known.agency(code)
    if agency is None:
        raise Problem("not_found")
    chosen = province if province in known.places and len(province) == 2 else ""
    return _page(
        request,
        "country_agency.html",
        person,
        known,
        agency=agency,
        province=chosen,
        units=list(known.units_of_agency(code, chosen or None)),
        duties=sorted((row for row in known.duty_list if row.agency == code), key=lambda row: row.subject),
        **shown,
    )


async def _subjects(request: Request, bridge: Bridge, person: Principal, **shown: Any) -> Response:
    return _page(request, "country_subjects.html", person, await _country(bridge), **shown)


async def _subject(request: Request, bridge: Bridge, person: Principal, code: str, **shown: Any) -> Response:
    known = await _country(bridge)
    subject = known.subject(code)
    if subject is None:
        raise Problem("not_found")
    return _page(
        request,
        "country_subject.html",
        person,
        known,
        subject=subject,
        above=known.line_of(code)[:0:-1],
        below=known.subjects_below(code),
        duties=[duty for duty in known.duty_list if duty.subject == code],
        **shown,
    )


async def _unit(request: Request, bridge: Bridge, person: Principal, code: str, **shown: Any) -> Response:
    async with bridge.database.reading() as session:
        known = await service.country(session)
        unit = known.unit(code)
        if unit is None:
            raise Problem("not_found")
        members = await service.members_of(session, code)
        contact = await mending.contact_of(session, code)
    return _page(
        request,
        "country_unit.html",
        person,
        known,
        unit=unit,
        own=known.changes.get(code),
        above=chain(code)[1:],
        members=members,
        contact=contact,
        positions=list(Position),
        **shown,
    )


async def _country(bridge: Bridge) -> Country:
    async with bridge.database.reading() as session:
        return await service.country(session)


def _page(
    request: Request,
    template: str,
    person: Principal,
    known: Country,
    *,
    wrong: Wrong = (),
    typed: dict[str, str] | None = None,
    said: str = "",
    **values: Any,
) -> Response:
    speech = language_of(request)
    return render(
        request,
        template,
        422 if wrong or values.get("refused") else 200,
        country=known,
        may_edit="country:write" in person.scopes,
        named=lambda code: known.name(code, speech.code),
        wrong=wrong,
        typed=defaultdict(str, typed or {}),
        **notice(request, NOTICES, said),
        kinds=list(AgencyKind),
        reaches=list(Reach),
        **values,
    )
