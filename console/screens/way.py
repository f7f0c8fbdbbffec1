"""The part of a case's page on its way: where it stands, where it has been, what may be done with it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cartables import way as ways
from casebridge.cases.schemas import Level
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.links import service as links
from casebridge.people.service import Principal
from casebridge.referrals.complained import officials_of
from console.forms.choices import (
    Groups,
    agency_choices,
    agency_units,
    subject_choices,
    unit_groups,
    with_chosen,
)
from console.forms.steps import KINDS
from console.language import Language
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseReader
from console.words.way import CHOSEN_REASONS, FLAGS, closings_of

router = APIRouter()


@router.get("/cases/{case_id}/way")
async def way_part(request: Request, bridge: BridgeParts, person: CaseReader, case_id: UUID) -> Response:
    """Where the case stands and has been, as it is now."""
    async with bridge.database.reading() as session:
        values = await way_values(session, request, person, case_id)
    return render(request, "case_way.html", case_id=case_id, **values)


async def way_values(
    session: AsyncSession,
    request: Request,
    person: Principal,
    case_id: UUID,
    *,
    step: str = "",
    typed: dict[str, str] | None = None,
    wrong: tuple[str, ...] = (),
) -> dict[str, Any]:
    """What the parts on a case's way show.

    Args:
        step: the step that was refused, with what was `typed` and why (`wrong`).
    """
    speech = language_of(request)
    way = await ways.way_of(session, person, case_id)
    land = await country(session)
    refers = "refer" in way.may
    belongs = await ways.belongs_to(session, case_id) if refers else None
    goes_on = await ways.belongs_to(session, case_id, reviewed=True) if refers else None
    passed = await links.centres_of(session, case_id)
    known = request.app.state.settings.links.centres
    return {
        "way": way,
        "named": lambda code: land.name(code, speech.code) if code else "—",
        "belongs": belongs.unit if belongs else None,
        "goes_on": goes_on if goes_on and goes_on.unit != way.owner_unit else None,
        "reasons": CHOSEN_REASONS,
        "closings": closings_of(way.status),
        "passed_to": [name for name, direction in passed.items() if direction == "out"],
        "centres": sorted(set(known) - set(passed)),
        "levels": [level.value for level in Level],
        "flags": tuple(FLAGS),
        "step_kinds": KINDS,
        "trail": _trail(way),
        "step": step,
        "typed": defaultdict(str, typed or {}),
        "wrong": wrong,
        "about": _about(way, typed if step == "classify" else None),
        **(chosen := _choices(land, speech, way)),
        "officials": await _officials(session, way, chosen["about_groups"]),
    }


async def _officials(session: AsyncSession, way: Any, groups: Groups) -> list[tuple[str, str]]:
    """Whom the form may name beside a unit: those who hold one of its units."""
    if "about" not in way.may:
        return []
    return await officials_of(session, [code for _, choices in groups for code, _ in choices])


def _choices(land: Country, speech: Language, way: Any) -> dict[str, Any]:
    """What may be chosen; what the case says now can be chosen even where it is no longer in force."""
    groups: Groups = []
    if way.may & {"refer", "classify"}:
        near = [way.owner_unit] if way.owner_unit else []
        groups = unit_groups(land, speech, near=near, province=way.province, county=way.county)
    agency = way.agency or (land.competent(way.subject) if way.subject else None)
    about = agency_units(land, speech, agency, way.province, way.county) if agency and groups else []
    counties = [(one.code, land.name(one.code, speech.code)) for one in land.counties(way.province or "")]
    return {
        "groups": groups,
        "about_groups": with_chosen(about + groups, land, speech, way.complained_unit),
        "subjects": with_chosen(subject_choices(land, speech), land, speech, way.subject),
        "agencies": with_chosen([("", agency_choices(land, speech))], land, speech, way.agency),
        "counties": with_chosen([("", counties)], land, speech, way.county),
    }


def _about(way: Any, typed: dict[str, str] | None) -> dict[str, Any]:
    """What the form on a case's matter shows: what it is, or what was typed and refused."""
    names = ("kind", "level", "county", "subject", "agency", "complained_unit", "complained_official", *FLAGS)
    return {name: getattr(way, name) if typed is None else typed.get(name, "") for name in names}


def _trail(way: Any) -> list[tuple[str, Any]]:
    """Referrals, answers, questions and services together, the latest first."""
    together = [("referral", one) for one in way.referrals]
    together += [("answer", one) for one in way.answers] + [("service", one) for one in way.services]
    together += [("question", one) for one in way.questions]
    return sorted(together, key=lambda pair: pair[1].at, reverse=True)
