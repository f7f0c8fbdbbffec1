"""The country over HTTP: looking up, editing, importing and exporting."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.country import editing, exchange, service
from casebridge.country.schemas import (
    Agency,
    AgencyCode,
    Duty,
    DutyLine,
    ImportReport,
    Membership,
    OfficialLine,
    Place,
    PlaceCode,
    Sheet,
    Subject,
    SubjectCode,
    UnitChange,
    UnitCode,
    UnitInfo,
)
from casebridge.country.snapshot import Country
from casebridge.country.table_files import MEDIA_TYPES
from casebridge.people.access import address_of, require
from casebridge.people.service import Principal
from casebridge.problems import Problem, documented, language_of

Row = TypeVar("Row", Agency, Subject)
router = APIRouter(prefix="/country", tags=["country"])
Parts = Annotated[Bridge, Depends(get_bridge)]
Reader = Annotated[Principal, Depends(require("country:read"))]
Writer = Annotated[Principal, Depends(require("country:write"))]
ProvinceCode = Annotated[str, Query(pattern=r"^[0-9]{2}$", examples=["23"])]
_EXAMPLES = tomllib.loads((files("casebridge.country") / "data" / "examples.toml").read_text("utf-8"))
_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "agency,subject,leads\nwater_company,water_cut,yes\n",
            }
        },
    }
}


async def _country(bridge: Bridge) -> Country:
    async with bridge.database.reading() as session:
        return await service.country(session)


@router.post("/{sheet}/import", responses=documented(413), openapi_extra=_FILE)
async def import_table(
    sheet: Sheet,
    request: Request,
    bridge: Parts,
    who: Writer,
    dry_run: Annotated[bool, Query(description="only tell what would happen")] = False,
) -> ImportReport:
    """Takes in a CSV (UTF-8) or XLSX file, all or nothing; tells of each wrong row and its column."""
    lines, errors = await exchange.read_file(sheet, await request.body())
    opened = bridge.database.reading() if dry_run or errors else bridge.database.writing()
    async with opened as session:
        return await exchange.import_lines(
            session,
            sheet,
            lines,
            errors,
            who.actor,
            dry=dry_run,
            language=language_of(request),
            address=address_of(request),
        )


@router.get(
    "/{sheet}/export",
    response_class=Response,
    responses={
        **documented(),
        200: {"description": "The table", "content": {kind: {} for kind in MEDIA_TYPES.values()}},
    },
)
async def export_table(
    sheet: Sheet,
    bridge: Parts,
    _who: Reader,
    form: Annotated[Literal["csv", "xlsx"], Query(description="kind of file")] = "csv",
    headings: Annotated[Literal["fa", "en"] | None, Query(description="none: the columns' names")] = None,
) -> Response:
    """The table as a file that an import takes back."""
    async with bridge.database.reading() as session:
        content = await exchange.export(session, sheet, form, headings)
    return file_response(content, sheet, form)


@router.get("/places", responses=documented())
async def list_places(bridge: Parts, _who: Reader, province: ProvinceCode | None = None) -> list[Place]:
    """Provinces and counties by code, or the counties of one province; also those no longer in force."""
    places = (await _country(bridge)).places
    return [places[code] for code in sorted(places) if province is None or places[code].parent == province]


@router.put("/places", responses=documented())
async def put_place(
    place: Annotated[Place, Body(examples=[_EXAMPLES["place"]])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> Place:
    """Adds or changes a province or county."""
    await _save(bridge, request, who, Sheet.PLACES, place)
    return place


@router.get("/agencies", responses=documented())
async def list_agencies(bridge: Parts, _who: Reader) -> list[Agency]:
    """Agencies by code; also those no longer in force."""
    return _by_code((await _country(bridge)).agencies.values())


@router.put("/agencies", responses=documented())
async def put_agency(
    agency: Annotated[Agency, Body(examples=[_EXAMPLES["agency"]])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> Agency:
    """Adds or changes an agency."""
    await _save(bridge, request, who, Sheet.AGENCIES, agency)
    return agency


@router.get("/subjects", responses=documented())
async def list_subjects(bridge: Parts, _who: Reader) -> list[Subject]:
    """The subject tree by code; also subjects no longer in force."""
    return _by_code((await _country(bridge)).subjects.values())


@router.put("/subjects", responses=documented())
async def put_subject(
    subject: Annotated[Subject, Body(examples=[_EXAMPLES["subject"]])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> Subject:
    """Adds or changes a subject."""
    await _save(bridge, request, who, Sheet.SUBJECTS, subject)
    return subject


@router.get("/duties", responses=documented())
async def list_duties(
    bridge: Parts,
    _who: Reader,
    agency: Annotated[AgencyCode | None, Query(examples=["water_company"])] = None,
) -> list[Duty]:
    """Which subjects are whose duties (4-8, 4-15)."""
    duties = (await _country(bridge)).duty_list
    wanted = [duty for duty in duties if agency is None or duty.agency == agency]
    return sorted(wanted, key=lambda duty: (duty.agency, duty.subject))


@router.put("/duties", responses=documented())
async def put_duty(
    duty: Annotated[Duty, Body(examples=[_EXAMPLES["duty"]])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> Duty:
    """Makes a subject, with all below it, an agency's duty."""
    await _save(bridge, request, who, Sheet.DUTIES, DutyLine(**duty.model_dump()))
    return duty


@router.delete("/duties/{agency}/{subject}", status_code=204, responses=documented())
async def remove_duty(
    agency: Annotated[AgencyCode, Path(examples=["water_company"])],
    subject: Annotated[SubjectCode, Path(examples=["water_cut"])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> Response:
    """Takes a duty away; one that is not there is no error."""
    await _save(bridge, request, who, Sheet.DUTIES, DutyLine(agency=agency, subject=subject, remove=True))
    return Response(status_code=204)


@router.get("/units", responses=documented())
async def list_units(
    bridge: Parts,
    _who: Reader,
    place: Annotated[PlaceCode | None, Query(examples=["2301"])] = None,
    agency: Annotated[AgencyCode | None, Query(examples=["water_company"])] = None,
    province: ProvinceCode | None = None,
) -> list[UnitInfo]:
    """Units of a place (`place`), or of an agency: headquarters, or those in a `province`."""
    known = await _country(bridge)
    found: list[UnitInfo] = []
    if place is not None:
        found += known.units_of_place(place)
    if agency is not None:
        found += known.units_of_agency(agency, province)
    return found


@router.put("/units", responses=documented())
async def put_unit(
    change: Annotated[UnitChange, Body(examples=[_EXAMPLES["unit"]])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> UnitChange:
    """Gives a unit a name of its own, a night shift (3-4), or takes it out of force."""
    await _save(bridge, request, who, Sheet.UNITS, change)
    return change


@router.get("/units/{code:path}/members", responses=documented(404))
async def list_members(
    code: Annotated[UnitCode, Path(examples=["county/2301/governor"])], bridge: Parts, _who: Reader
) -> list[Membership]:
    """The officials of a unit, its head first."""
    async with bridge.database.reading() as session:
        if (await service.country(session)).unit(code) is None:
            raise Problem("not_found")
        return await service.members_of(session, code)


@router.get("/units/{code:path}", responses=documented(404))
async def get_unit(
    code: Annotated[UnitCode, Path(examples=["county/2301/desk"])], bridge: Parts, _who: Reader
) -> UnitInfo:
    """A unit by its code."""
    unit = (await _country(bridge)).unit(code)
    if unit is None:
        raise Problem("not_found")
    return unit


@router.put("/officials", status_code=204, responses=documented())
async def put_official(
    line: Annotated[OfficialLine, Body(examples=[_EXAMPLES["official"]])],
    request: Request,
    bridge: Parts,
    who: Writer,
) -> Response:
    """Makes somebody head, deputy or staff of a unit; with `remove`, no longer."""
    await _save(bridge, request, who, Sheet.OFFICIALS, line)
    return Response(status_code=204)


def file_response(content: bytes, sheet: Sheet, form: str) -> Response:
    """A table as a download."""
    name = {"Content-Disposition": f'attachment; filename="line111-{sheet}.{form}"'}
    return Response(content, media_type=MEDIA_TYPES[form], headers=name)


async def _save(
    bridge: Bridge,
    request: Request,
    who: Principal,
    sheet: Sheet,
    item: Place | Agency | Subject | DutyLine | UnitChange | OfficialLine,
) -> None:
    async with bridge.database.writing() as session:
        await editing.save_one(session, sheet, item, who.actor, address=address_of(request))


def _by_code(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.code)
