"""The page of one case, whole and in the parts that change while one looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.bridge import Bridge
from casebridge.calls import service as calls
from casebridge.cartables.access import acting_unit, check_worked_on, narrowed_to, note_look, sight_of
from casebridge.cartables.rules import Act
from casebridge.cases import service as cases
from casebridge.cases.listing import related_cases
from casebridge.cases.schemas import CaseDetail, CaseRecording, HistoryEntry, Kind
from casebridge.links.recordings import service as link_recordings
from casebridge.people.access import address_of
from casebridge.problems import Problem
from casebridge.recordings.schemas import RecordingState
from casebridge.referrals import service as referrals
from casebridge.transcripts import service as transcripts
from console.forms.outcomes import done, notice
from console.forms.steps import KINDS, NOTICES
from console.forms.tokens import check_form
from console.language import N_
from console.pages import render
from console.screens.way import way_values
from console.visitor import BridgeParts, CaseReader, CaseWriter, Revealer
from console.words.history import became, happened, said_with

router = APIRouter()
UNSURE_BELOW: Final = 0.6
"""Words the recogniser is less sure of than this are marked."""
MOST_RELATED: Final = 20
RecordingChoice = Annotated[UUID | None, Query(alias="recording")]


@dataclass(frozen=True)
class Words:
    """A transcript as the page shows it; `status` None: nothing was begun."""

    status: str | None
    language: str
    segments: Sequence[Any]
    model: Any


@dataclass(frozen=True)
class Step:
    """A step of the call; `at` in seconds from its start."""

    at: float
    name: str
    heard: list[str]
    pressed: str


@dataclass(frozen=True)
class Happened:
    """A line of the history: what, in words to translate, what it became (table and code), who, and what they
    said with it (a reason in words to translate, and a text of theirs)."""

    at: datetime
    words: str
    became: tuple[str, str] | None
    reason: str
    text: str
    day: date | None
    """When a session was held, or a note written."""
    participants: str
    person: str | None
    service: str


@router.get("/cases/{case_id}")
async def case_page(
    request: Request,
    bridge: BridgeParts,
    person: CaseReader,
    case_id: UUID,
    chosen: RecordingChoice = None,
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Everything about a case; the applicant masked."""
    only_looks = await note_look(bridge, person, case_id, address_of(request))
    async with bridge.database.reading() as session:
        seen = narrowed_to(await sight_of(session, person))
        case = await cases.get_case(session, bridge.keys, case_id, seen)
        recording = _recording(case, chosen)
        shown = await _words(session, case, recording)
        journal = await _journal(session, bridge, case_id)
        related = await related_cases(session, bridge.keys, case_id, seen, limit=MOST_RELATED)
        way = await way_values(session, request, person, case_id)
        source = await link_recordings.source_of(session, recording.id) if recording else None
    return render(
        request,
        "case.html",
        case=case,
        recording=recording,
        comes_from=source,
        words=shown,
        journal=journal,
        related=related,
        history=_history(case),
        unsure_below=UNSURE_BELOW,
        revealed=None,
        may_reveal="cases:reveal" in person.scopes and not only_looks,
        may_change="classify" in way["way"].may,
        kinds=KINDS,
        said="",
        case_id=case_id,
        **notice(request, NOTICES, said),
        **way,
    )


@router.get("/cases/{case_id}/transcript")
async def transcript_part(
    request: Request, bridge: BridgeParts, _: CaseReader, case_id: UUID, chosen: RecordingChoice = None
) -> Response:
    """The text of the recording as far as it is known."""
    async with bridge.database.reading() as session:
        case = await cases.get_case(session, bridge.keys, case_id)
        shown = await _words(session, case, _recording(case, chosen))
    return render(request, "transcript.html", words=shown, unsure_below=UNSURE_BELOW)


@router.get("/cases/{case_id}/callback")
async def callback_part(request: Request, bridge: BridgeParts, _: CaseReader, case_id: UUID) -> Response:
    """Where the callback stands."""
    return render(request, "case_callback.html", case=await _case(bridge, case_id))


@router.get("/cases/{case_id}/history")
async def history_part(request: Request, bridge: BridgeParts, _: CaseReader, case_id: UUID) -> Response:
    """What happened to the case."""
    return render(request, "history.html", history=_history(await _case(bridge, case_id)))


@router.get("/cases/{case_id}/tags")
async def tags_part(request: Request, bridge: BridgeParts, person: CaseReader, case_id: UUID) -> Response:
    """Kind and status, as they are now."""
    async with bridge.database.reading() as session:
        seen = narrowed_to(await sight_of(session, person))
        case = await cases.get_case(session, bridge.keys, case_id, seen)
    return render(request, "case_tags.html", case=case)


@router.get("/cases/{case_id}/recording")
async def recording_arrived(
    bridge: BridgeParts, _: CaseReader, case_id: UUID, chosen: RecordingChoice = None
) -> Response:
    """Has HTMX load the page anew once the recording is there, or known not to come; until then nothing."""
    recording = _recording(await _case(bridge, case_id), chosen)
    waits = recording is None or recording.state == RecordingState.EXPECTED
    return Response(status_code=204, headers=None if waits else {"HX-Refresh": "true"})


@router.post("/cases/{case_id}/reveal", dependencies=[Depends(check_form)])
async def reveal(request: Request, bridge: BridgeParts, person: Revealer, case_id: UUID) -> Response:
    """The applicant in clear, in the part of the page (without script: on a page of its own)."""
    async with bridge.database.writing() as session:
        await check_worked_on(session, person, case_id)
        revealed = await cases.reveal(
            session, bridge.keys, case_id, person.actor, address=address_of(request)
        )
    case = await _case(bridge, case_id)
    template = "applicant.html" if "HX-Request" in request.headers else "applicant_page.html"
    return render(request, template, case=case, revealed=revealed, may_reveal=True)


@router.post("/cases/{case_id}/kind", dependencies=[Depends(check_form)])
async def set_kind(
    request: Request,
    bridge: BridgeParts,
    person: CaseWriter,
    case_id: UUID,
    kind: Annotated[Kind, Form()],
    version: Annotated[int, Form(ge=0, le=2**31 - 1)],
) -> Response:
    """Says what kind of case it is; `version` is the one the page showed, so no change is overwritten."""
    in_part = "HX-Request" in request.headers
    said = "saved"
    try:
        async with bridge.database.writing() as session:
            unit = await acting_unit(session, person, case_id, Act.REFER)
            await referrals.classify(
                session,
                case_id,
                {"kind": kind.value},
                person.actor,
                unit=unit,
                seen=version,
                address=address_of(request),
            )
    except Problem as problem:
        if problem.code != "case_moved_on" or not in_part:
            raise
        said = "moved_on"
    if not in_part:
        return done(bridge, f"/cases/{case_id}")
    bridge.tell_on()
    return render(
        request,
        "case_kind.html",
        200 if said == "saved" else 409,
        {"HX-Trigger": "live:case"},  # the other parts of the page look again
        case=await _case(bridge, case_id),
        may_change=True,
        kinds=KINDS,
        said=said,
    )


async def _case(bridge: Bridge, case_id: UUID) -> CaseDetail:
    async with bridge.database.reading() as session:
        return await cases.get_case(session, bridge.keys, case_id)


def _recording(case: CaseDetail, chosen: UUID | None) -> CaseRecording | None:
    """The recording that was chosen, or the first."""
    by_id = {recording.id: recording for recording in case.recordings}
    if chosen in by_id:
        return by_id[chosen]
    return case.recordings[0] if case.recordings else None


async def _words(session: AsyncSession, case: CaseDetail, recording: CaseRecording | None) -> Words:
    nothing = Words(None, case.language, [], None)
    if recording is None:
        return nothing
    try:
        found = await transcripts.get_transcript(session, recording.id)
    except Problem:
        return nothing
    return Words(found.status, found.language, found.segments, found.model)


async def _journal(session: AsyncSession, bridge: Bridge, case_id: UUID) -> list[Step] | None:
    """What the caller heard and pressed; None where no call made this case."""
    found = (await calls.list_calls(session, bridge.cursors, intake_id=case_id, limit=1)).items
    if not found:
        return None
    return [
        Step(step["at_ms"] / 1000, step["step"], step.get("heard") or [], step.get("pressed") or "")
        for step in found[0].journal
    ]


SERVICES: Final = {
    "service:ivr": N_("The line"),
    "service:transcription": N_("Transcription"),
    "service:call_routing": N_("Call routing"),
}


def _history(case: CaseDetail) -> list[Happened]:
    return [_happened(entry) for entry in reversed(case.history)]


def _happened(entry: HistoryEntry) -> Happened:
    kind, _, name = entry.actor.partition(":")
    return Happened(
        entry.at,
        happened(entry.action, entry.detail),
        became(entry.action, entry.detail),
        *said_with(entry.action, entry.detail),
        _day(entry.detail),
        str(entry.detail.get("participants") or ""),
        name if kind in {"person", "agent"} else None,
        SERVICES.get(entry.actor, N_("The system")),
    )


def _day(detail: Mapping[str, Any]) -> date | None:
    text = detail.get("held_on") or detail.get("written_on")
    return date.fromisoformat(text) if text else None
