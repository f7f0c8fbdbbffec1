"""Showing service requests again: to the application that made them, or, where a centre wants it, to all.

Who asks without a key sees what a request is about and how far it is, and nothing that a citizen or an
official wrote: a case's subject, kind and county, its place to a kilometre. The id is another one then, too:
a tracking code is half of what opens a case by telephone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case, HistoryLine
from casebridge.cases.schemas import Kind, Status
from casebridge.crypto import KeyRing
from casebridge.open311.documents import Shown
from casebridge.open311.models import ApiKey, Open311Request
from casebridge.open311.rules import MOST, Range
from casebridge.open311.service import open_form

NEAR: Final = 2
"""Decimals of a degree that everybody sees: a kilometre."""


async def show(
    session: AsyncSession,
    keys: KeyRing,
    *,
    key: ApiKey | None,
    request_ids: Sequence[str] = (),
    service_codes: Sequence[str] = (),
    states: frozenset[Status] = frozenset(Status),
    between: Range | None = None,
    page: int = 1,
    page_size: int = MOST,
) -> list[Shown]:
    """Requests with their cases, the newest first: with a key those made with it, without one all, as
    everybody may see them.

    `request_ids` override every other argument, as the standard says. A request that was linked as a repeat
    stands where its original does.
    """
    original = aliased(Case)
    query: Any = (
        select(Open311Request, Case, original)
        .join(Case, Case.id == Open311Request.case_id)
        .join(original, original.id == func.coalesce(Case.linked_to, Case.id))
        .order_by(Open311Request.requested_at.desc(), Open311Request.id.desc())
        .offset((page - 1) * page_size)
        .limit(page_size)
    )
    if key is not None:
        query = query.where(Open311Request.api_key_id == key.id)
    if request_ids:
        query = query.where(_named(key, request_ids))
    else:
        if service_codes:
            query = query.where(Open311Request.service_code.in_(service_codes))
        if states != frozenset(Status):
            query = query.where(original.status.in_([state.value for state in states]))
        if between is not None:
            query = query.where(
                Open311Request.requested_at >= between.start, Open311Request.requested_at <= between.end
            )
    rows = [tuple(row) for row in await session.execute(query)]
    answers, changed = await _later(session, [one.id for _, _, one in rows])
    shown = [_shown(keys, request, case, one, answers, changed) for request, case, one in rows]
    if key is not None:
        return shown
    return [_as_all_may_see(one, request) for one, (request, _, _) in zip(shown, rows, strict=True)]


def _named(key: ApiKey | None, request_ids: Sequence[str]) -> ColumnElement[bool]:
    """Those of these ids: tracking codes, or, without a key, the ids that everybody sees."""
    if key is not None:
        return Case.tracking_code.in_(request_ids)
    return Open311Request.id.in_([found for text in request_ids if (found := _uuid(text)) is not None])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _later(
    session: AsyncSession, case_ids: list[UUID]
) -> tuple[dict[UUID, str | None], dict[UUID, Any]]:
    """The last answer and the last change of each case."""
    if not case_ids:
        return {}, {}
    answers = await session.execute(
        select(AnswerRow.case_id, AnswerRow.text)
        .where(AnswerRow.case_id.in_(case_ids))
        .order_by(AnswerRow.at)
    )
    changes = await session.execute(
        select(HistoryLine.case_id, func.max(HistoryLine.at).label("at"))
        .where(HistoryLine.case_id.in_(case_ids))
        .group_by(HistoryLine.case_id)
    )
    return {row.case_id: row.text for row in answers}, {row.case_id: row.at for row in changes}


def _shown(
    keys: KeyRing,
    row: Open311Request,
    case: Case,
    original: Case,
    answers: dict[UUID, str | None],
    changed: dict[UUID, datetime],
) -> Shown:
    return Shown(
        request_id=case.tracking_code,
        status=Status(original.status),
        service_code=row.service_code,
        kind=Kind(case.kind),
        county=case.county or case.province,
        description=case.text,
        answer=answers.get(original.id),
        agency=original.agency,
        requested_at=row.requested_at,
        updated_at=changed.get(original.id, original.registered_at),
        expected_at=original.due_at,
        place=open_form(keys, row),
        lat=row.lat,
        long=row.long,
    )


def _as_all_may_see(one: Shown, row: Open311Request) -> Shown:
    return replace(
        one,
        request_id=str(row.id),
        description=None,
        answer=None,
        place={},
        lat=None if one.lat is None else round(one.lat, NEAR),
        long=None if one.long is None else round(one.long, NEAR),
    )
