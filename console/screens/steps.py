"""What is done with a case on its way: each step a form of the case's page, each ending there again.

A step that is refused shows its form once more with what was typed, so that no answer is written twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.bridge import Bridge
from casebridge.cartables import way as ways
from casebridge.cartables.access import acting_unit
from casebridge.cartables.rules import Act
from casebridge.cartables.voice import keep_voice
from casebridge.cases import service as cases
from casebridge.cases.schemas import Kind, Language, Level
from casebridge.country.service import country
from casebridge.people.service import Principal
from casebridge.problems import Problem, catalogue
from casebridge.referrals import service as referrals
from console.forms.choices import agency_choices, unit_groups
from console.forms.tokens import check_form
from console.language import N_, language
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseReader, CaseWriter
from console.words import way as way_words

router = APIRouter()
KINDS: Final = tuple(kind.value for kind in Kind if kind is not Kind.UNCLASSIFIED)
FLAGS: Final = tuple(way_words.FLAGS)
SPOKEN: Final = N_("The answer is spoken: call 111 and press 3 to hear it.")
NOTICES: Final = {
    "take": N_("The case is in hand; the applicant is told."),
    "refer": N_("The case is referred; the applicant is told."),
    "classify": N_("Set, and written down with your name."),
    "ask": N_("The applicant is asked; the time runs again once they have answered."),
    "supplied": N_("Written down; the time runs again."),
    "answer": N_("The answer is given; the applicant is told."),
    "service": N_("The service is recorded."),
    "withdraw": N_("The referral is taken back; the case is with you again."),
    "decide": N_("What the applicant decided is written down."),
}
Typed = dict[str, str]
Step = Callable[[AsyncSession, Principal, UUID, Typed, str | None], Awaitable[Any]]


async def way_values(
    session: AsyncSession, request: Request, person: Principal, case_id: UUID
) -> dict[str, Any]:
    """What the parts on a case's way show."""
    speech = language_of(request)
    way = await ways.way_of(session, person, case_id)
    land = await country(session)
    groups = []
    if way.may & {"refer", "classify"}:
        near = [way.owner_unit] if way.owner_unit else []
        groups = unit_groups(land, speech, near=near, province=way.province, county=way.county)
    belongs = await ways.belongs_to(session, case_id) if "refer" in way.may else None
    return {
        "way": way,
        "named": lambda code: land.name(code, speech.code) if code else "—",
        "groups": groups,
        "belongs": belongs,
        "reasons": way_words.CHOSEN_REASONS,
        "subjects": _subjects(land, speech.code),
        "agencies": agency_choices(land, speech),
        "counties": [(c.code, land.name(c.code, speech.code)) for c in land.counties(way.province or "")],
        "levels": [level.value for level in Level],
        "flags": FLAGS,
        "step_kinds": KINDS,
        "trail": _trail(way),
    }  # fmt: skip


@router.get("/cases/{case_id}/way")
async def way_part(request: Request, bridge: BridgeParts, person: CaseReader, case_id: UUID) -> Response:
    """Where the case stands and has been, as it is now."""
    async with bridge.database.reading() as session:
        values = await way_values(session, request, person, case_id)
    return render(request, "case_way.html", case_id=case_id, **values)


@router.post("/cases/{case_id}/steps/{step}", dependencies=[Depends(check_form)])
async def take_step(
    request: Request, bridge: BridgeParts, person: CaseWriter, case_id: UUID, step: str
) -> Response:
    """Takes a step; what was refused is told beside the form, with what was typed."""
    if step not in STEPS:
        raise Problem("not_found")
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    if step == "classify":
        typed |= {name: "yes" if name in typed else "" for name in FLAGS}
    try:
        act, work = STEPS[step]
        async with bridge.database.writing() as session:
            unit = await acting_unit(session, person, case_id, act) if act else None
            await work(session, person, case_id, typed, unit)
    except Problem as problem:
        if problem.code == "not_found":
            raise
        return await _refused(request, bridge, person, case_id, step, typed, problem)
    bridge.relay.wake()
    bridge.sender.wake()
    return RedirectResponse(f"/cases/{case_id}?said={step}", 303)


@router.post("/cases/{case_id}/voice", dependencies=[Depends(check_form)])
async def voice(request: Request, bridge: BridgeParts, person: CaseWriter, case_id: UUID) -> Response:
    """Keeps an answer spoken in the browser (raw A-law); tells the recording's id."""
    recording_id = await keep_voice(bridge, person, case_id, await request.body())
    return Response(str(recording_id), 201, media_type="text/plain")


async def _refused(
    request: Request,
    bridge: Bridge,
    person: Principal,
    case_id: UUID,
    step: str,
    typed: Typed,
    problem: Problem,
) -> Response:
    speech = language_of(request)
    async with bridge.database.reading() as session:
        try:
            case = await cases.get_case(session, bridge.keys, case_id)
            values = await way_values(session, request, person, case_id)
        except Problem:
            return RedirectResponse("/cartable", 303)
        land = await country(session)
    told = {name: land.name(str(value), speech.code) for name, value in problem.values.items()}
    texts = catalogue()
    entry = texts["problem"][problem.code]
    wrong = [entry[speech.code]["detail"].format_map(told)]
    if problem.errors:
        wrong = [
            (texts["field"].get(code) or texts["field"]["invalid"])[speech.code] for _, code in problem.errors
        ]
    return render(
        request,
        "case_step.html",
        entry["status"],
        case=case,
        case_id=case_id,
        step=step,
        typed=defaultdict(str, typed),
        wrong=wrong,
        **values,
    )


async def _take(session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None) -> None:
    await referrals.take_in_hand(session, case_id, unit=unit, actor=who.actor, seen=_seen(typed))


async def _refer(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    reason = typed.get("reason", "")
    await referrals.refer(
        session,
        case_id,
        to_unit=typed.get("to_unit", "")[:96],
        actor=who.actor,
        unit=unit,
        reason=reason if reason in way_words.CHOSEN_REASONS else "other",
        note=_text(typed, "note", 4000, needed=False),
        seen=_seen(typed),
    )


async def _classify(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    changes: dict[str, Any] = {
        name: typed[name][:96] for name in ("kind", "level", "subject", "agency", "county") if typed.get(name)
    }
    if changes.get("kind", KINDS[0]) not in KINDS or changes.get("level", "county") not in set(Level):
        raise Problem("invalid_request", errors=[("kind", "invalid")])
    if changes.get("county"):
        changes["province"] = changes["county"][:2]
    if typed.get("complained_unit"):
        changes["complained_unit"] = typed["complained_unit"][:96]
    changes |= {name: typed[name] == "yes" for name in FLAGS}
    forward = typed.get("forward") == "yes"
    await referrals.classify(
        session, case_id, changes, who.actor, unit=unit, forward=forward, seen=_seen(typed)
    )


async def _ask(session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None) -> None:
    text = _text(typed, "text", 2000)
    await referrals.ask_applicant(session, case_id, unit=unit, actor=who.actor, text=text, seen=_seen(typed))


async def _supplied(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    note = _text(typed, "note", 4000, needed=False)
    await referrals.supplied(session, case_id, unit=unit, actor=who.actor, note=note)


async def _answer(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    recording_id = _id(typed.get("recording_id", ""))
    text = _text(typed, "text", 8000, needed=recording_id is None)
    speaks = Language.EN if typed.get("language") == Language.EN else Language.FA
    await answers.answer(
        session,
        case_id,
        unit=unit,
        actor=who.actor,
        text=text or _spoken(speaks),
        language=speaks.value,
        kind="interim" if typed.get("kind") == "interim" else "final",
        recording_id=recording_id,
        seen=_seen(typed),
    )


async def _service(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    what = _text(typed, "what", 2000)
    await answers.record_service(session, case_id, unit=unit, actor=who.actor, what=what)


async def _withdraw(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    await ways.withdraw(session, who, case_id)


async def _decide(
    session: AsyncSession, who: Principal, case_id: UUID, typed: Typed, unit: str | None
) -> None:
    if "cases:decide" not in who.scopes:
        raise Problem("not_allowed")
    text = _text(typed, "text", 4000, needed=False)
    accepted = typed.get("accepted") == "yes"
    await answers.decide(
        session, case_id, accepted=accepted, by="agent", text=text, actor=who.actor, seen=_seen(typed)
    )


STEPS: Final[dict[str, tuple[Act | None, Step]]] = {
    "take": (Act.TAKE, _take),
    "refer": (Act.REFER, _refer),
    "classify": (Act.REFER, _classify),
    "ask": (Act.ASK, _ask),
    "supplied": (Act.ASK, _supplied),
    "answer": (Act.ANSWER, _answer),
    "service": (Act.SERVICE, _service),
    "withdraw": (None, _withdraw),
    "decide": (None, _decide),
}


def _text(typed: Typed, name: str, longest: int, *, needed: bool = True) -> Any:
    """A text as it was typed. Raises Problem where one is needed and none is there."""
    text = "".join(c for c in typed.get(name, "") if c in "\n\t" or c >= " ").strip()[:longest]
    if needed and not text:
        raise Problem("invalid_request", errors=[(name, "text_missing")])
    return text or None


def _seen(typed: Typed) -> int | None:
    version = typed.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _spoken(speaks: Language) -> str:
    return language(speaks.value).gettext(SPOKEN)


def _subjects(land: Any, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Subjects in force: the fields, and below each all that lies in it."""
    return [
        (
            land.name(top.code, language),
            [(one.code, land.name(one.code, language)) for one in _below(land, top)],
        )
        for top in land.subjects_below(None)
    ]


def _below(land: Any, subject: Any) -> list[Any]:
    return [subject] + [low for child in land.subjects_below(subject.code) for low in _below(land, child)]


def _trail(way: Any) -> list[tuple[str, Any]]:
    """Referrals, answers and services together, the latest first."""
    together = [("referral", one) for one in way.referrals]
    together += [("answer", one) for one in way.answers] + [("service", one) for one in way.services]
    return sorted(together, key=lambda pair: pair[1].at, reverse=True)
