"""The audit trail, for those who watch over it (promise 5)."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from casebridge.audit import service as audit
from casebridge.paging import MAX_CURSOR
from console.pages import render
from console.visitor import Auditor, BridgeParts
from persian.digits import only_digits

router = APIRouter()
PAGE: Final = 50


@router.get("/audit")
async def audit_page(
    request: Request,
    bridge: BridgeParts,
    _: Auditor,
    person: Annotated[str, Query(max_length=128)] = "",
    case: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Response:
    """Lines, the newest first, of everybody or one person, on everything or one case."""
    wanted = audit.TrailFilter(
        actor=_plain(person) or None, tracking_code=only_digits(case) if case.strip() else None
    )
    async with bridge.database.reading() as session:
        page = await audit.read(session, bridge.cursors, wanted, cursor=cursor, limit=PAGE)
    return render(request, "audit.html", page=page, asked={"person": person, "case": case})


def _plain(text: str) -> str:
    """PostgreSQL refuses NUL, and no name has what can't be seen in it."""
    return "".join(character for character in text if character.isprintable()).strip()
