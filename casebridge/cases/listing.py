"""Lists of cases: filters, pages, counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.cases.describe import describe_rows
from casebridge.cases.models import Case
from casebridge.cases.originals import Narrow as Narrow
from casebridge.cases.schemas import CasePage, CaseRow
from casebridge.crypto import KeyRing
from casebridge.paging import Cursors, moment_and_id
from casebridge.search import service as search
from casebridge.search.models import CaseWords
from persian.digits import to_latin


def _all(query: Any) -> Any:
    return query


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list shows; None: everything."""

    kind: str | None = None
    status: str | None = None
    province: str | None = None
    channel: str | None = None
    q: str | None = None
    """A tracking code, or words of the message."""
    tracking_code: str | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    quarantined: bool | None = None


async def list_cases(
    session: AsyncSession,
    keys: KeyRing,
    cursors: Cursors,
    wanted: CaseFilter,
    narrow: Narrow = _all,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> CasePage:
    """A page of cases, newest first. A page goes on where the last ended, whatever came in between.

    Args:
        narrow: leaves those cases that the one who asks may see.

    Raises Problem naming `cursor` where it is not one of this list.
    """
    query, order = _sorted(session, narrow(_filtered(_with_applicant(), wanted)), wanted.q)
    place = cursors.read_moment("cases", cursor)
    if place:
        after = tuple_(Case.opened_at, Case.id) < place if order is None else search.before(order, *place)
        query = query.where(after)
    query = query.limit(limit + 1)
    rows = [(case, applicant) for case, applicant in await session.execute(query)]
    rows, following = cursors.cut(
        "cases", rows, limit, lambda row: moment_and_id(row[0].opened_at, row[0].id)
    )
    return CasePage(items=await describe_rows(session, keys, rows, narrow), next_cursor=following)


async def related_cases(
    session: AsyncSession, keys: KeyRing, case_id: UUID, narrow: Narrow = _all, *, limit: int = 20
) -> list[CaseRow]:
    """Other cases of the applicant of this one, newest first: whether a matter was raised before."""
    applicant_id = select(Case.applicant_id).where(Case.id == case_id).scalar_subquery()
    query = (
        narrow(_with_applicant())
        .where(Case.applicant_id == applicant_id, Case.id != case_id)
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    )
    rows = [(case, applicant) for case, applicant in await session.execute(query)]
    return await describe_rows(session, keys, rows, narrow)


async def count_opened(session: AsyncSession, since: datetime) -> int:
    """How many cases were opened from a moment on."""
    query = select(func.count()).select_from(Case).where(Case.opened_at >= since)
    return int(await session.scalar(query) or 0)


def has_code(code: str) -> Any:
    """The condition that a case is known by this tracking code: its own, or the one that was told."""
    return or_(Case.tracking_code == code, Case.told_code == code)


def _with_applicant() -> Select[Any]:
    query: Any = select(Case, Applicant).join(Applicant, Applicant.id == Case.applicant_id)
    return cast("Select[Any]", query)


def _filtered(query: Select[Any], wanted: CaseFilter) -> Select[Any]:
    # Beside the words stands the province, too: of its matches alone a page is read.
    province = CaseWords.province if _asks_for_words(wanted.q) else Case.province
    equal = {
        Case.kind: wanted.kind,
        Case.status: wanted.status,
        province: wanted.province,
        Case.channel: wanted.channel,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.tracking_code is not None:  # an empty one is nobody's, not everybody's
        query = query.where(has_code(wanted.tracking_code))
    if wanted.opened_from:
        query = query.where(Case.opened_at >= wanted.opened_from)
    if wanted.opened_until:
        query = query.where(Case.opened_at < wanted.opened_until)
    if wanted.quarantined is not None:
        query = query.where(Case.quarantine.is_not(None) if wanted.quarantined else Case.quarantine.is_(None))
    code = _code_in(wanted.q)
    return query.where(has_code(code)) if code else query


def _sorted(session: AsyncSession, query: Select[Any], asked: str | None) -> tuple[Select[Any], Any]:
    """The newest first; words that are asked for bring an order of their own that says the same."""
    if asked and _asks_for_words(asked):
        query, order = search.narrowed(session, query, asked)
        return query.order_by(order.desc()), order
    return query.order_by(Case.opened_at.desc(), Case.id.desc()), None


def _asks_for_words(asked: str | None) -> bool:
    return bool(asked and asked.strip()) and _code_in(asked) is None


def _code_in(asked: str | None) -> str | None:
    """A tracking code as people write it."""
    digits = to_latin(asked or "").replace(" ", "").replace("-", "")
    return digits if len(digits) == 10 and digits.isascii() and digits.isdigit() else None
