"""The country's tables as files: taking them home and bringing them back."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from casebridge.bridge import Bridge
from casebridge.country import exchange
from casebridge.country.schemas import ImportReport, Sheet
from casebridge.country.table_files import MEDIA_TYPES
from casebridge.people.access import address_of
from casebridge.people.service import Principal
from console.forms.tokens import check_form
from console.pages import language_of, render
from console.visitor import BridgeParts, CountryEditor, CountryReader

router = APIRouter()
LARGEST: Final = 900_000
"""Bytes of a file; what the bridge takes in one request is a little more."""


@router.get("/country/tables")
async def tables_page(request: Request, person: CountryReader) -> Response:
    """What can be taken home, and the form to bring it back."""
    return _page(request, person)


@router.get("/country/tables/{sheet}.{form}")
async def as_file(
    request: Request, bridge: BridgeParts, _: CountryReader, sheet: Sheet, form: Literal["csv", "xlsx"]
) -> Response:
    """A table as a file, with headings in the visitor's language."""
    async with bridge.database.reading() as session:
        content = await exchange.export(session, sheet, form, language_of(request).code)
    name = {"Content-Disposition": f'attachment; filename="line111-{sheet}.{form}"'}
    return Response(content, media_type=MEDIA_TYPES[form], headers=name)


@router.post("/country/tables", dependencies=[Depends(check_form)])
async def bring_back(
    request: Request,
    bridge: BridgeParts,
    person: CountryEditor,
    sheet: Annotated[Sheet, Form()],
    file: Annotated[UploadFile, File()],
    step: Annotated[Literal["try", "keep"], Form()] = "try",
) -> Response:
    """Tries a file, or takes it in; with an error in any row nothing of it is written."""
    content = await file.read(LARGEST)
    report = await _import(request, bridge, person, sheet, content, dry=step == "try")
    return _page(request, person, report=report, tried=step == "try", chosen=sheet)


async def _import(
    request: Request, bridge: Bridge, person: Principal, sheet: Sheet, content: bytes, *, dry: bool
) -> ImportReport:
    lines, errors = await exchange.read_file(sheet, content)
    opened = bridge.database.reading() if dry or errors else bridge.database.writing()
    async with opened as session:
        return await exchange.import_lines(
            session,
            sheet,
            lines,
            errors,
            person.actor,
            dry=dry,
            language=language_of(request).code,
            address=address_of(request),
        )


def _page(request: Request, person: Principal, report: ImportReport | None = None, **values: Any) -> Response:
    return render(
        request,
        "country_tables.html",
        422 if report is not None and report.errors else 200,
        sheets=list(Sheet),
        may_edit="country:write" in person.scopes,
        report=report,
        **{"tried": False, "chosen": "", **values},
    )
