"""Registering a case that did not come by the line (articles 5-5 and 8-2)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from casebridge.bridge import Bridge
from casebridge.cases.schemas import Channel, IdentifierKind, Kind, Language
from casebridge.country.service import country, memberships_of
from casebridge.people.service import Principal
from casebridge.problems import Problem, catalogue
from casebridge.registrations import service
from casebridge.registrations.schemas import RegistrationForm
from console.forms.choices import agency_choices
from console.forms.tokens import check_form
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseWriter
from console.words import way as way_words
from persian.digits import to_latin

router = APIRouter()
CHANNELS: Final = tuple(channel.value for channel in Channel if channel is not Channel.PHONE)
KINDS: Final = tuple(kind.value for kind in Kind if kind is not Kind.UNCLASSIFIED)
FIELDS: Final = (
    "channel", "kind", "language", "identifier_kind", "identifier", "contact_number", "email", "text",
    "province", "county", "agency", "subject", "complained_unit", "unit",
)  # fmt: skip


@router.get("/cases/new")
async def form_page(request: Request, bridge: BridgeParts, person: CaseWriter) -> Response:
    """The empty form."""
    return await _page(request, bridge, person)


@router.post("/cases/new", dependencies=[Depends(check_form)])
async def register(request: Request, bridge: BridgeParts, person: CaseWriter) -> Response:
    """Registers the case and shows the code to tell the applicant."""
    sent = await request.form()
    typed = {name: str(sent.get(name, "")).strip() for name in FIELDS}
    flags = {name: name in sent for name in way_words.FLAGS}
    values: dict[str, Any] = {name: value for name, value in typed.items() if value} | flags
    for name in ("identifier", "contact_number"):
        if name in values:
            values[name] = to_latin(values[name])
    speech = language_of(request)
    try:
        form = RegistrationForm(**values)
        async with bridge.database.writing() as session:
            unit = await service.registering_unit(session, person, form.unit)
            made = await service.register(session, bridge, form, person.actor, unit=unit)
            land = await country(session)
    except (ValidationError, Problem) as error:
        wrong = await _words(bridge, error, speech.code)
        return await _page(request, bridge, person, typed=typed, flags=flags, wrong=wrong, status=422)
    bridge.relay.wake()
    bridge.sender.wake()
    return render(request, "registered.html", made=made, belongs=land.name(made.owner_unit, speech.code))


async def _words(bridge: Bridge, error: ValidationError | Problem, language: str) -> list[tuple[str, str]]:
    """What is wrong, as pairs of a field and a sentence."""
    texts = catalogue()
    fields = texts["field"]
    if isinstance(error, Problem) and not error.errors:
        async with bridge.database.reading() as session:
            land = await country(session)
        told = {name: land.name(str(value), language) for name, value in error.values.items()}
        return [("", texts["problem"][error.code][language]["detail"].format_map(told))]
    pairs = (
        error.errors
        if isinstance(error, Problem)
        else [(str(one["loc"][0]) if one["loc"] else "county", str(one["type"])) for one in error.errors()]
    )
    return [(field, str((fields.get(code) or fields["invalid"])[language])) for field, code in pairs]


async def _page(
    request: Request,
    bridge: Bridge,
    person: Principal,
    *,
    typed: dict[str, str] | None = None,
    flags: dict[str, bool] | None = None,
    wrong: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> Response:
    speech = language_of(request)
    async with bridge.database.reading() as session:
        land = await country(session)
        held = await memberships_of(session, person.account_id) if person.account_id else []
    unit_names = [(member.unit_code, land.name(member.unit_code, speech.code)) for member in held]
    return render(
        request,
        "registration.html",
        status,
        typed=dict.fromkeys(FIELDS, "") | {"language": speech.code} | (typed or {}),
        flags=flags or dict.fromkeys(way_words.FLAGS, False),
        all_flags=tuple(way_words.FLAGS),
        wrong=dict(wrong or []),
        channels=CHANNELS,
        kinds=KINDS,
        languages=[one.value for one in Language],
        identifiers=[one.value for one in IdentifierKind],
        places=[
            (place, land.name(place.code, speech.code),
             [(county.code, land.name(county.code, speech.code)) for county in land.counties(place.code)])
            for place in land.provinces()
        ],
        agencies=agency_choices(land, speech),
        units=unit_names,
    )  # fmt: skip
