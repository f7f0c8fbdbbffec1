"""Finding repeats and linking them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.cases.life import Action
from casebridge.cases.models import Case
from casebridge.cases.rules import excerpt
from casebridge.cases.steps import locked, take_step
from casebridge.deadlines import service as deadlines
from casebridge.problems import Problem
from casebridge.repeats.joining import join_callbacks
from casebridge.repeats.rules import Likeness, Matter, likeness
from casebridge.repeats.schemas import Candidate, LikenessPart, MatterQuestion, Repeats
from casebridge.search.models import CaseWords
from casebridge.search.rules import searchable
from line111.clock import now

LOOK_BACK: Final = timedelta(days=365)
MOST_COMPARED: Final = 100
MOST_SHOWN: Final = 5
Found = tuple[Case, str | None]
"""A case and its words."""
Narrow = Callable[[Select[Any]], Select[Any]]
"""Leaves of a query what is within the sight of the one who asks (`cartables.access.narrowed_to`)."""


def all_of(query: Select[Any]) -> Select[Any]:
    """Leaves everything: for the Centre's own people and services."""
    return query


async def repeats_of(session: AsyncSession, case_id: UUID, narrow: Narrow = all_of) -> Repeats:
    """What a case repeats or may repeat, as far as it is in sight. Raises Problem `not_found`."""
    case, words = await _case_and_words(session, case_id)
    first: Any = select(Case).where(Case.id == case.linked_to)
    original = await session.scalar(narrow(first)) if case.linked_to else None
    linked: Any = select(Case.id).where(Case.linked_to == case_id).order_by(Case.opened_at)
    repeated_by = await session.scalars(narrow(linked))
    candidates = [] if case.linked_to else await _candidates(session, case, words, narrow)
    return Repeats(
        linked_to=original.id if original else None,
        linked_to_code=(original.tracking_code or original.told_code) if original else None,
        linked_to_status=original.status if original else None,
        repeated_by=list(repeated_by),
        candidates=candidates,
    )


async def raised_before(
    session: AsyncSession, question: MatterQuestion, lookup: bytes, narrow: Narrow = all_of
) -> list[Candidate]:
    """Cases of an applicant that may be the matter about to be registered, the likeliest first."""
    matter = Matter(
        words=searchable([question.text]),
        kind=question.kind.value,
        opened_at=now(),
        subject=question.subject,
        province=question.province,
        county=question.county,
    )
    query = _compared(matter.opened_at).join(Applicant, Applicant.id == Case.applicant_id)
    return _ranked(matter, await _found(session, narrow(query.where(Applicant.lookup == lookup))))


async def link(session: AsyncSession, case_id: UUID, to_case_id: UUID, actor: str) -> UUID:
    """Links a repeat to its original and closes it; returns the original's id.

    The callback the repeat waits for joins the original's, with the earlier arrival. Where the original
    was linked itself, its own original is meant; what repeated the repeat follows it.
    Raises Problem `not_found`, `repeat_of_itself`, `repeat_of_another`, `already_linked`, `status_step`.
    """
    case, original = await _locked(session, case_id, to_case_id)
    if original.linked_to is not None and original.linked_to != case_id:
        case, original = await _locked(session, case_id, original.linked_to)
    if case.id == original.id or original.linked_to == case_id:
        raise Problem("repeat_of_itself")
    if case.applicant_id != original.applicant_id:
        raise Problem("repeat_of_another")
    if case.linked_to is not None:
        raise Problem("already_linked")
    case.linked_to = original.id
    await session.execute(update(Case).where(Case.linked_to == case.id).values(linked_to=original.id))
    await join_callbacks(session, case.id, original.id, actor)
    detail = {"linked_to": str(original.id), "reason": "linked"}
    await take_step(session, case, Action.LINKED, actor, detail=detail)
    return original.id


async def unlink(session: AsyncSession, case_id: UUID, actor: str) -> None:
    """Gives a linked case its own way again. Raises Problem `not_found`, `not_linked`."""
    case = await locked(session, case_id)
    if case.linked_to is None:
        raise Problem("not_linked")
    detail = {"linked_to": str(case.linked_to)}
    case.linked_to, case.closed_at = None, None
    due = await deadlines.answer_due(session, case)
    await take_step(session, case, Action.UNLINKED, actor, due_at=due, detail=detail)


async def _locked(session: AsyncSession, case_id: UUID, to_case_id: UUID) -> tuple[Case, Case]:
    """Both cases, always locked in the same order: two who link at once never wait for each other."""
    if case_id == to_case_id:
        raise Problem("repeat_of_itself")
    rows = await session.scalars(
        select(Case)
        .where(Case.id.in_((case_id, to_case_id)))
        .order_by(Case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {case.id: case for case in rows}
    if len(found) < 2:
        raise Problem("not_found")
    return found[case_id], found[to_case_id]


async def _candidates(
    session: AsyncSession, case: Case, words: str | None, narrow: Narrow
) -> list[Candidate]:
    query = _compared(case.opened_at).where(Case.applicant_id == case.applicant_id, Case.id != case.id)
    return _ranked(_matter(case, words), await _found(session, narrow(query)))


def _compared(moment: datetime) -> Select[Any]:
    """Cases worth comparing: not themselves repeats, of the last year, the newest."""
    query: Any = (
        select(Case, CaseWords.words)
        .outerjoin(CaseWords, CaseWords.case_id == Case.id)
        .where(Case.linked_to.is_(None), Case.opened_at >= moment - LOOK_BACK)
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(MOST_COMPARED)
    )
    return cast("Select[Any]", query)


async def _found(session: AsyncSession, query: Select[Any]) -> list[Found]:
    return [(case, words) for case, words in await session.execute(query)]


def _ranked(matter: Matter, found: Sequence[Found]) -> list[Candidate]:
    scored = [(likeness(matter, _matter(case, words)), case, words) for case, words in found]
    scored.sort(key=lambda entry: (entry[0].score, entry[1].opened_at), reverse=True)
    return [_candidate(like, case) for like, case, _ in scored[:MOST_SHOWN]]


def _matter(case: Case, words: str | None) -> Matter:
    return Matter(
        words=words or "",
        kind=case.kind,
        opened_at=case.opened_at,
        subject=case.subject,
        province=case.province,
        county=case.county,
    )


def _candidate(like: Likeness, case: Case) -> Candidate:
    return Candidate(
        id=case.id,
        tracking_code=case.tracking_code or case.told_code,
        kind=case.kind,
        status=case.status,
        province=case.province,
        opened_at=case.opened_at,
        excerpt=excerpt(case.text),
        likeness=like.score,
        is_likely=like.is_likely,
        parts=[LikenessPart(name=part.name, value=part.value, weight=part.weight) for part in like.parts],
        shared_words=list(like.shared_words),
        days_apart=like.days_apart,
    )


async def _case_and_words(session: AsyncSession, case_id: UUID) -> Found:
    query = (
        select(Case, CaseWords.words)
        .outerjoin(CaseWords, CaseWords.case_id == Case.id)
        .where(Case.id == case_id)
    )
    row = (await session.execute(query)).first()
    if row is None:
        raise Problem("not_found")
    return row[0], row[1]
