"""The time of a case on its way: what passing it on, asking and classifying leave of it.

Every case has a final date, counted from its registration by kind and level; after an objection, or opened
again, from then. No referral, "not ours", withdrawal or question pushes it out.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.life import Action
from casebridge.cases.models import Case, HistoryLine
from casebridge.cases.schemas import Status
from casebridge.country.units import CENTRE
from casebridge.deadlines import rules
from casebridge.deadlines.service import ZONE, answer_due, working_calendar
from line111.clock import now

LEFT: Final = "days_left"
"""In the history of a question: working days the unit had left."""
_BEGINS_ANEW: Final = frozenset({Action.OBJECTED, Action.SECOND_REVIEW, Action.REOPENED, Action.UNLINKED})
_CHANGED_HANDS: Final = _BEGINS_ANEW | {
    Action.REFERRED,
    Action.RETURNED,
    Action.WITHDRAWN,
    Action.ESCALATED,
    Action.SUPPLIED,
}


async def final_due(session: AsyncSession, case: Case) -> datetime:
    """Until when the case must be answered, through however many hands it goes."""
    begun = await _last(session, case, _BEGINS_ANEW)
    is_off = await working_calendar(session)
    return rules.final_due(case.kind, case.level, begun.at if begun else case.registered_at, ZONE, is_off)


async def is_past_final(session: AsyncSession, case: Case) -> bool:
    """Whether the final date has passed."""
    return await final_due(session, case) <= now()


async def moved_due(session: AsyncSession, case: Case, action: Action) -> datetime:
    """The deadline of the unit a case goes to by this step."""
    if action is Action.SECOND_REVIEW:
        return await answer_due(session, case)
    if action is Action.ESCALATED:
        term, final = await answer_due(session, case), await final_due(session, case)
        return term if final <= now() else min(term, final)
    return await passed_on_due(session, case)


async def passed_on_due(session: AsyncSession, case: Case) -> datetime:
    """When the answer of a unit is due that a case is passed or given back to: a term, but not beyond the
    final date, or the later one that a step up has given. The Centre always gives a working day."""
    term, final = await answer_due(session, case), await final_due(session, case)
    held = case.due_at
    if case.status == Status.WAITING_APPLICANT:
        held = await resumed_due(session, case)
    due = min(term, max(final, held) if held else final)
    return max(due, await _next_day(session)) if case.owner_unit == CENTRE else due


async def days_left(session: AsyncSession, case: Case) -> int:
    """Working days a unit has until its deadline; at least one."""
    due = case.due_at or await answer_due(session, case)
    is_off = await working_calendar(session)
    first, last = (moment.astimezone(ZONE).date() for moment in (now(), due))
    return max(1, rules.working_days_between(first, last, is_off))


async def resumed_due(session: AsyncSession, case: Case) -> datetime:
    """The unit's deadline once the applicant has given what was asked for: what was left of its time."""
    asked = await _last(session, case, {Action.ASKED})
    left = asked.detail.get(LEFT) if asked else None
    if not isinstance(left, int):
        return await answer_due(session, case)
    return rules.due_after(left, now(), ZONE, await working_calendar(session))


async def reclassified_due(session: AsyncSession, case: Case, changed: Collection[str]) -> datetime | None:
    """The deadline by a new kind or level, counted from when the unit got the case; else the one it has.

    A shorter term leaves a working day, unless less was left.
    """
    if not {"kind", "level"} & set(changed) or case.due_at is None or case.status == Status.WAITING_APPLICANT:
        return case.due_at
    if case.status == Status.OBJECTED:
        return case.due_at
    got = await _last(session, case, _CHANGED_HANDS)
    since = got.at if got else case.registered_at
    term = rules.answer_due(case.kind, case.level, since, ZONE, await working_calendar(session))
    due = min(term, max(await final_due(session, case), case.due_at))
    return max(due, min(case.due_at, await _next_day(session)))


async def _next_day(session: AsyncSession) -> datetime:
    return rules.due_after(1, now(), ZONE, await working_calendar(session))


async def _last(session: AsyncSession, case: Case, actions: Collection[Action]) -> HistoryLine | None:
    """The latest of these steps of a case."""
    found: HistoryLine | None = await session.scalar(
        select(HistoryLine)
        .where(HistoryLine.case_id == case.id, HistoryLine.action.in_(sorted(actions)))
        .order_by(HistoryLine.id.desc())
        .limit(1)
    )
    return found
