"""Registering a case that did not come by the line (articles 5-5 and 8-2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.bridge import Bridge
from casebridge.cases.schemas import Channel, IdentifierKind, Language
from casebridge.country.service import country, memberships_of
from casebridge.country.snapshot import Country
from casebridge.country.units import parse
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.registrations import service
from casebridge.registrations.schemas import RegistrationForm
from casebridge.repeats.schemas import Candidate
from console.forms.choices import Groups, agency_choices, subject_choices, unit_groups, with_chosen
from console.forms.outcomes import Refusal, refusal
from console.forms.steps import KINDS
from console.forms.tokens import check_form
from console.language import N_
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseWriter
from console.words.way import FLAGS
from persian.digits import to_latin

router = APIRouter()
CHANNELS: Final = tuple(channel.value for channel in Channel if channel is not Channel.PHONE)
FIELDS: Final = (
    "channel", "kind", "language", "identifier_kind", "identifier", "contact_number", "email", "text",
    "place", "agency", "subject", "complained_unit", "unit",
)  # fmt: skip
"""As the form names them; `place` is a province or a county."""
PLACES: Final = {"county": "place", "province": "place"}
BEYOND_DUTIES: Final = N_("This subject is not among the duties of %(unit)s.")


@dataclass
class Typed:
    """A form as it was typed, to be shown again.

    Attributes:
        seen: earlier cases the one who registers was shown, and takes for another matter.
    """

    fields: dict[str, str] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()

    def form(self) -> RegistrationForm:
        """What it says. Raises ValidationError."""
        values: dict[str, Any] = {name: value for name, value in self.fields.items() if value} | self.flags
        place = values.pop("place", "")
        if place:
            values["county" if len(place) > 2 else "province"] = place
        for name in ("identifier", "contact_number"):
            if name in values:
                values[name] = to_latin(values[name])
        return RegistrationForm(**values, seen=sorted(self.seen))


@router.get("/cases/new")
async def form_page(request: Request, bridge: BridgeParts, person: CaseWriter) -> Response:
    """The empty form."""
    return await _page(request, bridge, person, Typed())


@router.get("/cases/new/units")
async def units_part(
    request: Request,
    bridge: BridgeParts,
    person: CaseWriter,
    place: Annotated[str, Query(max_length=4)] = "",
    complained_unit: Annotated[str, Query(max_length=96)] = "",
) -> Response:
    """Whom a complaint may be about, for the place that was chosen."""
    async with bridge.database.reading() as session:
        land = await country(session)
        units = await _units(session, request, person, land, place, complained_unit)
    return render(request, "registration_units.html", about_units=units, chosen=complained_unit)


@router.post("/cases/new", dependencies=[Depends(check_form)])
async def register(request: Request, bridge: BridgeParts, person: CaseWriter) -> Response:
    """Registers the case and shows the code to tell the applicant."""
    sent = await request.form()
    typed = Typed(
        {name: str(sent.get(name, "")).strip() for name in FIELDS},
        {name: name in sent for name in FLAGS},
        frozenset(str(sent.get("seen", ""))[:400].split()),
    )
    if "look" in sent:  # without script: the units of the place
        return await _page(request, bridge, person, typed)
    try:
        made = await service.register(bridge, typed.form(), person)
    except service.RaisedBefore as before:
        return await _page(request, bridge, person, typed, before=before.candidates, status=409)
    except (ValidationError, Problem) as error:
        told = await refusal(request, bridge, error)
        return await _page(request, bridge, person, typed, told=told, status=told.status)
    bridge.tell_on()
    async with bridge.database.reading() as session:
        belongs = (await country(session)).name(made.owner_unit, language_of(request).code)
    return render(request, "registered.html", made=made, belongs=belongs)


async def _page(
    request: Request,
    bridge: Bridge,
    person: Principal,
    typed: Typed,
    *,
    told: Refusal | None = None,
    before: list[Candidate] | None = None,
    status: int = 200,
) -> Response:
    speech = language_of(request)
    fields = dict.fromkeys(FIELDS, "") | {"language": speech.code} | typed.fields
    async with bridge.database.reading() as session:
        land = await country(session)
        own = await _own_units(session, person)
        about = await _units(session, request, person, land, fields["place"], fields["complained_unit"])
    named = {code: land.name(code, speech.code) for code in own}
    return render(
        request,
        "registration.html",
        status,
        typed=fields,
        flags=dict.fromkeys(FLAGS, False) | typed.flags,
        wrong=_wrong(request, told, named.get(fields["unit"] or next(iter(own), ""), "")),
        told=told.told if told else (),
        before=before or [],
        seen=_ids(before) or typed.seen,
        channels=CHANNELS,
        kinds=KINDS,
        languages=[one.value for one in Language],
        identifiers=[one.value for one in IdentifierKind],
        places=_places(land, speech.code),
        subjects=with_chosen(subject_choices(land, speech), land, speech, fields["subject"]),
        agencies=agency_choices(land, speech),
        about_units=about,
        units=list(named.items()),
    )


def _wrong(request: Request, told: Refusal | None, desk: str) -> dict[str, str]:
    """What is wrong, by field; what lies beyond a desk's duties is said beside the subject."""
    if told is None:
        return {}
    if told.code == "subject_needed":
        return {"subject": told.told[0]}
    if told.code != "not_competent":
        return {PLACES.get(name, name): sentence for name, sentence in told.fields.items()}
    return {"subject": f"{language_of(request).gettext(BEYOND_DUTIES) % {'unit': desk}} {told.told[0]}"}


def _ids(before: list[Candidate] | None) -> frozenset[str]:
    return frozenset(str(candidate.id) for candidate in before or [])


async def _own_units(session: AsyncSession, person: Principal) -> list[str]:
    held = await memberships_of(session, person.account_id) if person.account_id else []
    return [member.unit_code for member in held]


async def _units(
    session: AsyncSession, request: Request, person: Principal, land: Country, place: str, chosen: str
) -> Groups:
    """Whom a case from this place may be about; where none is chosen, from one's own."""
    own = await _own_units(session, person)
    here = place if land.place(place) else ""
    province = here[:2] or next((found for code in own if (found := parse(code).province)), None)
    county = here if len(here) > 2 else None
    speech = language_of(request)
    return with_chosen(
        unit_groups(land, speech, near=own, province=province, county=county), land, speech, chosen
    )


def _places(land: Country, code: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Provinces with their counties."""
    return [
        (
            place.code,
            land.name(place.code, code),
            [(one.code, land.name(one.code, code)) for one in land.counties(place.code)],
        )
        for place in land.provinces()
    ]
