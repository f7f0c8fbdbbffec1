"""The list of cases: filters, pages, what is new, the list as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cartables.access import narrowed_to, sight_of
from casebridge.cases.listing import list_cases
from casebridge.cases.schemas import CasePage, CaseRow
from casebridge.csv_lines import BYTE_ORDER_MARK, csv_line
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import address_of
from casebridge.people.service import Principal
from console import words
from console.forms.case_filters import Filters, read_filters
from console.language import N_, Language
from console.pages import language_of, render
from console.visitor import BridgeParts, CaseReader
from line111.masking import mask_text
from persian.provinces import provinces

router = APIRouter()
PAGE: Final = 30
MOST_FRESH: Final = 50
EXPORT_PAGE: Final = 200
MOST_EXPORTED: Final = 20_000
COLUMNS: Final = (
    N_("Tracking code"),
    N_("Kind"),
    N_("Status"),
    N_("Channel"),
    N_("Level"),
    N_("Province"),
    N_("Opened"),
    N_("Language"),
    N_("Message"),
)
Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR)]


@router.get("/cases")
async def list_page(
    request: Request, bridge: BridgeParts, person: CaseReader, cursor: Cursor = None
) -> Response:
    """Cases, the newest first."""
    speech = language_of(request)
    filters = read_filters(request.query_params, speech)
    page = await _page(bridge, person, filters, speech, cursor)
    return render(
        request,
        "cases.html",
        page=page,
        filters=filters,
        search=filters.q,
        newest=page.items[0].id if page.items and cursor is None else None,
        is_first=cursor is None,
        provinces=_provinces(speech),
    )


@router.get("/cases/more")
async def more_rows(
    request: Request, bridge: BridgeParts, person: CaseReader, cursor: Cursor = None
) -> Response:
    """The next rows of the list."""
    speech = language_of(request)
    filters = read_filters(request.query_params, speech)
    page = await _page(bridge, person, filters, speech, cursor)
    return render(request, "case_rows.html", page=page, filters=filters)


@router.get("/cases/fresh")
async def fresh_bar(
    request: Request,
    bridge: BridgeParts,
    person: CaseReader,
    since_id: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """How many cases stand above the one the list began with."""
    speech = language_of(request)
    filters = read_filters(request.query_params, speech)
    page = await _page(bridge, person, filters, speech, None, MOST_FRESH)
    count = _count_before(page.items, since_id)
    more = count == len(page.items) and page.next_cursor is not None
    return render(request, "case_fresh.html", count=count, more=more, filters=filters)


@router.get("/cases.csv")
async def as_file(request: Request, bridge: BridgeParts, person: CaseReader) -> Response:
    """The filtered list as CSV for a spreadsheet; the export is written to the audit trail."""
    speech = language_of(request)
    filters = read_filters(request.query_params, speech)
    async with bridge.database.writing() as session:
        await audit.write(
            session,
            person.actor,
            "cases_exported",
            "cases",
            "list",
            address=address_of(request),
            # what is searched for may be somebody's identifier; the trail is kept for years
            detail={name: mask_text(value) for name, value in filters.as_query().items()},
        )
    name = f"line111-cases-{datetime.now(speech.zone):%Y-%m-%d}.csv"
    return StreamingResponse(
        _lines(bridge, person, filters, speech),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _page(
    bridge: Bridge,
    person: Principal,
    filters: Filters,
    speech: Language,
    cursor: str | None,
    limit: int = PAGE,
) -> CasePage:
    async with bridge.database.reading() as session:
        seen = narrowed_to(await sight_of(session, person))
        return await list_cases(
            session, bridge.keys, bridge.cursors, filters.wanted(speech), seen, cursor=cursor, limit=limit
        )


def _count_before(items: list[CaseRow], since_id: str) -> int:
    try:
        place = [item.id for item in items].index(UUID(since_id))
    except ValueError:
        return len(items)
    return place


def _provinces(speech: Language) -> list[tuple[str, str]]:
    named = [(code, entry.name[speech.code]) for code, entry in provinces().items()]
    return sorted(named, key=lambda pair: pair[1])


async def _lines(bridge: Bridge, person: Principal, filters: Filters, speech: Language) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + csv_line([speech.gettext(title) for title in COLUMNS])
    cursor: str | None = None
    sent = 0
    while sent < MOST_EXPORTED:
        page = await _page(bridge, person, filters, speech, cursor, EXPORT_PAGE)
        yield "".join(csv_line(_cells(case, speech)) for case in page.items)
        sent += len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _cells(case: CaseRow, speech: Language) -> list[str]:
    def named(table: str, code: str) -> str:
        return speech.gettext(words.word(table, code))

    return [
        case.tracking_code or "",
        named("kind", case.kind),
        _state(case, speech),
        named("channel", case.channel),
        named("level", case.level),
        speech.province(case.province),
        f"{speech.short_day(case.opened_at)} {speech.clock(case.opened_at)}",
        named("language", case.language),
        case.excerpt or "",
    ]


def _state(case: CaseRow, speech: Language) -> str:
    """As `state` in `pieces.html` has it: of a repeat what it was linked to, and that one's state."""

    def named(status: str) -> str:
        return speech.gettext(words.word("status", status))

    original = case.original
    if original is None:
        return named(case.status)
    if original.status is None:
        return speech.gettext("Linked to another case")
    linked = f"{speech.gettext('Linked to')} {original.tracking_code or '—'}"
    return f"{linked} — {speech.gettext('Original:')} {named(original.status)}"
