"""The electronic cartable of an official and the worklist of a desk (article 6-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import ValidationError

from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cartables.access import sight_of
from casebridge.cartables.bulk import in_bulk
from casebridge.cartables.notices import unread
from casebridge.cartables.rules import Act
from casebridge.cartables.schemas import MOST_AT_ONCE, Bulk, Tab, WorkPage, WorkRow
from casebridge.cartables.supervision import supervised
from casebridge.cartables.worklists import tab_counts, worklist
from casebridge.cases.schemas import Kind
from casebridge.country.service import country
from casebridge.country.units import parse
from casebridge.csv_lines import BYTE_ORDER_MARK, csv_line
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import address_of
from casebridge.people.service import Principal
from console import words
from console.forms.choices import unit_groups
from console.forms.tokens import check_form
from console.language import N_, Language
from console.pages import language_of, render
from console.visitor import BridgeParts, CartableUser
from console.words import way as way_words

router = APIRouter()
PAGE: Final = 30
EXPORT_PAGE: Final = 200
MOST_EXPORTED: Final = 20_000
COLUMNS: Final = (
    N_("Tracking code"),
    N_("Kind"),
    N_("Status"),
    N_("Unit"),
    N_("Province"),
    N_("Opened"),
    N_("Due"),
    N_("Message"),
)
KINDS: Final = frozenset(kind.value for kind in Kind)
TabName = Annotated[Tab, Query()]
UnitCode = Annotated[str, Query(max_length=96)]
KindName = Annotated[str, Query(max_length=32)]


@router.get("/cartable")
async def cartable(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    tab: TabName = Tab.NEW,
    unit: UnitCode = "",
    kind: KindName = "",
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Response:
    """What waits for the units one holds or acts for."""
    return await _page(request, bridge, person, "cartable.html", tab, unit, kind, cursor)


@router.get("/cartable/list")
async def list_part(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    tab: TabName = Tab.NEW,
    unit: UnitCode = "",
    kind: KindName = "",
) -> Response:
    """Tabs and list again, after something has happened elsewhere."""
    return await _page(request, bridge, person, "cartable_list.html", tab, unit, kind, None)


@router.post("/cartable/bulk", dependencies=[Depends(check_form)])
async def bulk(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    act: Annotated[str, Form(max_length=16)],
    case_ids: Annotated[list[UUID], Form(max_length=MOST_AT_ONCE)] = [],  # noqa: B006 - FastAPI copies it
    to_unit: Annotated[str, Form(max_length=96)] = "",
    reason: Annotated[str, Form(max_length=32)] = "competence",
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """One step for the chosen cases, and what became of each."""
    speech = language_of(request)
    try:
        wanted = Bulk(
            case_ids=case_ids,
            act=act,
            to_unit=to_unit or None,
            reason=reason,
            text=text.strip() or None,
            note=text.strip()[:4000] or None if act == Act.REFER else None,
            language=speech.code,
        )
    except ValidationError:
        return render(request, "cartable_bulk.html", 422, act=act, results=None)
    results = await in_bulk(bridge.database, person, wanted, speech.code)
    bridge.tell_on()
    return render(request, "cartable_bulk.html", act=act, results=results)


@router.get("/cartable.csv")
async def as_file(
    request: Request,
    bridge: BridgeParts,
    person: CartableUser,
    tab: TabName = Tab.NEW,
    unit: UnitCode = "",
    kind: KindName = "",
) -> Response:
    """A list as CSV for a spreadsheet; the export is written to the audit trail."""
    speech = language_of(request)
    async with bridge.database.writing() as session:
        detail = {"tab": tab.value, "unit": unit, "kind": kind}
        await audit.write(
            session,
            person.actor,
            "cases_exported",
            "cases",
            "cartable",
            address=address_of(request),
            detail=detail,
        )
    name = f"line111-cartable-{tab.value}-{datetime.now(speech.zone):%Y-%m-%d}.csv"
    return StreamingResponse(
        _lines(bridge, person, speech, tab, unit, kind),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _page(
    request: Request,
    bridge: Bridge,
    person: Principal,
    template: str,
    tab: Tab,
    unit: str,
    kind: str,
    cursor: str | None,
) -> Response:
    speech = language_of(request)
    kind = kind if kind in KINDS else ""
    async with bridge.database.reading() as session:
        seen = await sight_of(session, person)
        land = await country(session)
        counts = await tab_counts(session, seen, unit=unit, kind=kind)
        notices = await unread(session, seen)
        page = await worklist(
            session, bridge.keys, bridge.cursors, seen, tab, unit=unit, kind=kind, cursor=cursor, limit=PAGE
        )
    mine = sorted(seen.units)
    province = next((found for code in mine if (found := parse(code).province)), None)
    chosen = {"tab": tab.value} | ({"unit": unit} if unit in seen.units else {})
    return render(
        request,
        template,
        page=page,
        tab=tab.value,
        counts=counts,
        notices=notices,
        chosen=chosen | ({"kind": kind} if kind else {}),
        unit=unit,
        kind=kind,
        kinds=[found.value for found in Kind],
        units=[(code, land.name(code, speech.code), code in seen.own) for code in mine],
        named=lambda code: land.name(code, speech.code),
        is_first=cursor is None,
        acts=[act.value for act in Act],
        supervises=bool(supervised(seen)),
        reasons=way_words.CHOSEN_REASONS,
        groups=unit_groups(land, speech, near=mine, province=province),
    )


async def _lines(
    bridge: Bridge, person: Principal, speech: Language, tab: Tab, unit: str, kind: str
) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + csv_line([speech.gettext(title) for title in COLUMNS])
    cursor: str | None = None
    for _ in range(MOST_EXPORTED // EXPORT_PAGE):
        page, names = await _export_page(bridge, person, speech, tab, unit, kind, cursor)
        yield "".join(csv_line(_cells(row, speech, names)) for row in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


async def _export_page(
    bridge: Bridge, person: Principal, speech: Language, tab: Tab, unit: str, kind: str, cursor: str | None
) -> tuple[WorkPage, dict[str, str]]:
    async with bridge.database.reading() as session:
        seen = await sight_of(session, person)
        land = await country(session)
        page = await worklist(
            session,
            bridge.keys,
            bridge.cursors,
            seen,
            tab,
            unit=unit,
            kind=kind if kind in KINDS else None,
            cursor=cursor,
            limit=EXPORT_PAGE,
        )
    return page, {row.owner_unit or "": land.name(row.owner_unit or "", speech.code) for row in page.items}


def _cells(row: WorkRow, speech: Language, names: dict[str, str]) -> list[str]:
    case = row.case
    return [
        case.tracking_code or "",
        speech.gettext(words.word("kind", case.kind)),
        speech.gettext(words.word("status", case.status)),
        names[row.owner_unit or ""],
        speech.province(case.province),
        f"{speech.short_day(case.opened_at)} {speech.clock(case.opened_at)}",
        f"{speech.short_day(row.due_at)} {speech.clock(row.due_at)}" if row.due_at else "",
        case.excerpt or "",
    ]
