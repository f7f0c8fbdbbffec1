"""Keeping what can be searched, in the transaction of what was said; narrowing a list to what was asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Select,
    String,
    bindparam,
    column,
    false,
    func,
    insert,
    literal_column,
    select,
    table,
)
from sqlalchemy import update as change
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.database import insert_into, is_sqlite
from casebridge.search.models import CaseWords
from casebridge.search.rules import (
    first_of,
    fts5_expression,
    place_in_time,
    read_question,
    searchable,
    tsquery_expression,
)
from casebridge.search.sources import texts_of

_INDEX: Any = table("case_words_index", column("rowid", BigInteger))
_ATTEMPTS = 16


async def index_case(session: AsyncSession, case_id: UUID) -> None:
    """Writes anew what can be searched of a case: its text, its answers, its transcripts, and where it is.

    To be called after each change of them, in the same transaction. The case's row is held meanwhile,
    so that of two changes at once neither is lost.
    """
    await session.flush()
    found = await session.execute(
        select(Case.opened_at, Case.province).where(Case.id == case_id).with_for_update()
    )
    case = found.first()
    if case is None:
        return
    now = {"words": searchable(await texts_of(session, case_id)), "province": case.province}
    known = await session.execute(
        select(CaseWords.number, CaseWords.words, CaseWords.province).where(CaseWords.case_id == case_id)
    )
    row = known.first()
    if row is None:
        if now["words"]:
            await _add(session, place_in_time(case.opened_at, case_id), {"case_id": case_id, **now})
    elif {"words": row.words, "province": row.province} != now:
        await session.execute(change(CaseWords).where(CaseWords.number == row.number).values(now))


async def _add(session: AsyncSession, number: int, row: dict[str, Any]) -> None:
    """Under the first free number: two cases may have been opened in one microsecond."""
    for free in range(number, number + _ATTEMPTS):
        statement = (
            insert_into(session, CaseWords)
            .values(number=free, **row)
            .on_conflict_do_nothing(index_elements=["number"])
        )
        if (await session.execute(statement.returning(CaseWords.number))).first() is not None:
            return
    await session.execute(insert(CaseWords).values(number=number + _ATTEMPTS, **row))


def narrowed(session: AsyncSession, query: Select[Any], asked: str) -> tuple[Select[Any], Any]:
    """A query of cases narrowed to those that mention what was asked, and what to order it by.

    Ordered by that, descending, the newest come first, and reading ends with the page: neither
    database gathers all matches of a common word to sort them.
    """
    query = query.join(CaseWords, CaseWords.case_id == Case.id)
    terms = read_question(asked)
    if not terms:  # signs alone
        return query.where(false()), CaseWords.number
    if is_sqlite(session):
        found = literal_column("case_words_index").op("MATCH")(bindparam("asked", fts5_expression(terms)))
        return query.join(_INDEX, _INDEX.c.rowid == CaseWords.number).where(found), _INDEX.c.rowid
    vector: Any = literal_column("case_words.vector")
    # Written into the statement: a plan made for any words reads all matches of a common one.
    asked_for = bindparam("asked", tsquery_expression(terms), String, literal_execute=True)
    question = func.to_tsquery(literal_column("'simple'::regconfig"), asked_for)
    return query.where(vector.op("@@")(question)), CaseWords.number


def before(order: Any, opened_at: Any, case_id: UUID) -> Any:
    """The condition that a match comes after this case on the list `narrowed` orders."""
    place = select(CaseWords.number).where(CaseWords.case_id == case_id).scalar_subquery()
    return order < func.coalesce(place, first_of(opened_at))
