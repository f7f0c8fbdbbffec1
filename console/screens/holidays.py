"""The calendar of working days: a Jalali year with its holidays, and this centre's changes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from casebridge.audit import service as audit
from casebridge.audit.schemas import AuditEntry
from casebridge.bridge import Bridge
from casebridge.deadlines import service as deadlines
from casebridge.deadlines.memory import REMEMBERED_SECONDS
from casebridge.deadlines.schemas import Day, DayChange
from casebridge.deadlines.terms import in_force
from casebridge.people.service import Principal
from console.forms.outcomes import Notices, done, notice
from console.forms.tokens import check_form
from console.language import N_, Language, NotADate
from console.pages import language_of, render
from console.visitor import BridgeParts, CountryEditor, CountryReader
from persian.calendar import from_jalali, to_jalali, weekday

router = APIRouter()
FIRST_YEAR, LAST_YEAR = 1400, 1478
"""Jalali years whose holidays are known."""
WEEK: Final = 7
MOST_CHANGES: Final = 100
MONTHS: Final = (
    N_("Farvardin"), N_("Ordibehesht"), N_("Khordad"), N_("Tir"), N_("Mordad"), N_("Shahrivar"), N_("Mehr"),
    N_("Aban"), N_("Azar"), N_("Dey"), N_("Bahman"), N_("Esfand"),
)  # fmt: skip
NOTICES: Final[Notices] = {
    "set": (N_("The day was changed, and written down with your name."), "green"),
    "moved": (N_("The holiday was moved, and written down with your name."), "green"),
    "undone": (N_("The day is again as the official calendar has it."), "green"),
}
CHANGES: Final[dict[str, tuple[Callable[..., Awaitable[None]], str]]] = {
    "work": (deadlines.work_on, "set"),
    "earlier": (partial(deadlines.move_day, by=-1), "moved"),
    "later": (partial(deadlines.move_day, by=1), "moved"),
    "undo": (deadlines.forget_day, "undone"),
}
"""What a holiday's buttons do, and the notice it ends in."""
WRONG_DAY: Final = N_("This is no day of the calendar. Write it like %(example)s.")
WRONG_NAME: Final = N_("Write the day's name in both languages.")
Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]
DayOf = Annotated[date, Path()]
Change = Literal["work", "earlier", "later", "undo"]
Text = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True)
class Cell:
    """A day of a month: its number, whether nobody works, and its holiday, if it has one or was changed."""

    day: date
    number: int
    is_weekend: bool
    holiday: Day | None


@dataclass(frozen=True)
class Month:
    """A month as on a wall: weeks from Saturday, None before its first day and after its last."""

    name: str
    first: date
    last: date
    weeks: list[list[Cell | None]]


@router.get("/holidays")
async def calendar_page(
    request: Request,
    bridge: BridgeParts,
    person: CountryReader,
    year: Year = None,
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """A year; without one, this year."""
    return await _page(request, bridge, person, year, said=said)


@router.post("/holidays", dependencies=[Depends(check_form)])
async def add_day(
    request: Request,
    bridge: BridgeParts,
    person: CountryEditor,
    day: Text = "",
    name_fa: Text = "",
    name_en: Text = "",
    year: Year = None,
) -> Response:
    """Adds a day off; what was typed wrongly is told beside the year that was being looked at."""
    speech = language_of(request)
    typed = {"day": day, "name_fa": name_fa, "name_en": name_en}
    try:
        wanted = speech.parse_day(day)
        change = DayChange(name_fa=name_fa, name_en=name_en)
    except NotADate:
        wrong = speech.gettext(WRONG_DAY) % {"example": speech.short_day(datetime.now(speech.zone))}
        return await _page(request, bridge, person, year, wrong=wrong, typed=typed)
    except ValidationError:
        return await _page(request, bridge, person, year, wrong=speech.gettext(WRONG_NAME), typed=typed)
    async with bridge.database.writing() as session:
        await deadlines.set_day(session, wanted, change, person.actor)
    return _done(bridge, wanted, "set")


@router.post("/holidays/{day}/{change}", dependencies=[Depends(check_form)])
async def change_day(bridge: BridgeParts, person: CountryEditor, day: DayOf, change: Change) -> Response:
    """Changes a holiday: none this year, a day earlier or later, or as the official calendar has it."""
    make, said = CHANGES[change]
    async with bridge.database.writing() as session:
        await make(session, day, actor=person.actor)
    return _done(bridge, day, said)


async def _page(
    request: Request,
    bridge: Bridge,
    person: Principal,
    year: int | None,
    *,
    said: str = "",
    wrong: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    speech = language_of(request)
    shown = year or to_jalali(datetime.now(speech.zone))[0]
    first, last = from_jalali(shown, 1, 1), from_jalali(shown + 1, 1, 1) - timedelta(days=1)
    watches = "audit:read" in person.scopes
    async with bridge.database.reading() as session:
        days = await deadlines.days_between(session, first, last)
        wanted = audit.TrailFilter(subject_kind="holiday")
        page = await audit.read(session, bridge.cursors, wanted, limit=MOST_CHANGES) if watches else None
    found = {day.day: day for day in days}
    return render(
        request,
        "holidays.html",
        422 if wrong else 200,
        year=shown,
        first=first,
        last=last,
        months=[_month(number, shown, found, speech) for number in range(1, len(MONTHS) + 1)],
        weekdays=[speech.weekday(from_jalali(1405, 1, 1) + timedelta(days=n)) for n in range(WEEK)],
        days=days,
        today=datetime.now(speech.zone).date(),
        changes=_of_year(page.items, first, last) if page else None,
        may_edit="country:write" in person.scopes,
        before=shown - 1 if shown > FIRST_YEAR else None,
        after=shown + 1 if shown < LAST_YEAR else None,
        seconds=int(REMEMBERED_SECONDS),
        **notice(request, NOTICES, said),
        wrong=wrong,
        typed=defaultdict(str, typed or {}),
    )


def _month(number: int, year: int, found: dict[date, Day], speech: Language) -> Month:
    first = from_jalali(year, number, 1)
    following = from_jalali(year + number // 12, number % 12 + 1, 1)
    length = (following - first).days
    weekend = in_force().weekend
    cells: list[Cell | None] = [None] * weekday(first)
    for n in range(length):
        day = first + timedelta(days=n)
        cells.append(Cell(day, n + 1, day.weekday() in weekend, found.get(day)))
    cells += [None] * (-len(cells) % WEEK)
    weeks = [cells[start : start + WEEK] for start in range(0, len(cells), WEEK)]
    return Month(speech.gettext(MONTHS[number - 1]), first, following - timedelta(days=1), weeks)


def _of_year(lines: Sequence[AuditEntry], first: date, last: date) -> list[tuple[AuditEntry, date]]:
    """The changes of days of this year."""
    told = [(line, date.fromisoformat(line.subject_id)) for line in lines]
    return [(line, day) for line, day in told if first <= day <= last]


def _done(bridge: Bridge, day: date, said: str) -> Response:
    return done(bridge, f"/holidays?year={to_jalali(day)[0]}", said)
