"""Who is competent: where a case belongs, and whether a unit may act on it, within its duties (4-8, 4-15)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case
from casebridge.cases.schemas import Channel, Kind, Level
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.country.units import CENTRE, IDEAS
from casebridge.problems import Problem
from casebridge.referrals import rules
from casebridge.referrals.models import Referral
from casebridge.referrals.rules import CaseFacts, Decision, Refusal

TAKEN_AWAY: Final = frozenset({"overdue", "objected", "objected_again", "complained_of"})
"""Why a case leaves a unit that has not sent it: no such referral is the unit's own."""


def facts_of(case: Case, *, reviewed: bool = False) -> CaseFacts:
    """What routing looks at."""
    return CaseFacts(
        kind=Kind(case.kind),
        level=Level(case.level),
        province=case.province,
        county=case.county,
        agency=case.agency,
        subject=case.subject,
        channel=Channel(case.channel),
        complained_unit=case.complained_unit,
        from_abroad=case.from_abroad,
        beyond_province=case.beyond_province,
        marginal_note=case.marginal_note,
        reviewed=reviewed,
    )


def owned_by(case: Case, unit: str | None) -> None:
    """None acts for the Centre as a whole. Raises Problem `not_yours`, `unit_barred`."""
    if unit is None:
        return
    if rules.barred(unit, case.complained_unit):
        raise Problem("unit_barred")
    if case.owner_unit != unit:
        raise Problem("not_yours")


async def check_act(session: AsyncSession, case: Case, unit: str | None) -> None:
    """Before anything but passing a case on: it is the unit's, and within its duties (4-8, 4-15, 4-19).

    Raises Problem `not_yours`, `unit_barred`, and as `check_competent` does.
    """
    owned_by(case, unit)
    if unit is not None:
        await check_competent(session, case, unit)


async def check_competent(session: AsyncSession, case: Case, unit: str) -> None:
    """Raises Problem `subject_needed` or `not_competent`, both naming the competent unit and the article."""
    refusal = rules.may_register(unit, case.subject, await country(session), facts_of(case))
    if refusal is None and unit not in (CENTRE, IDEAS) and not await may_leave_the_group(session, case):
        refusal = Refusal(IDEAS, "4-19")
    if refusal is not None:
        raise refused(refusal, case.subject)


def refused(refusal: Refusal, subject: str | None) -> Problem:
    """The refusal as it is told: who has not said what a case is about, is asked for that first."""
    code = "not_competent" if subject or refusal.article == "4-19" else "subject_needed"
    return Problem(code, unit=refusal.competent_unit, article=refusal.article)


async def may_leave_the_group(session: AsyncSession, case: Case) -> bool:
    """Whether it is no idea, or one that the working group has, or has sent on itself (4-20)."""
    if case.kind != Kind.IDEA or case.owner_unit == IDEAS:
        return True
    sent_on = select(Referral.id).where(
        Referral.case_id == case.id,
        Referral.from_unit == IDEAS,
        Referral.withdrawn_at.is_(None),
        Referral.reason.not_in(sorted(TAKEN_AWAY | {"not_ours"})),
    )
    return await session.scalar(sent_on.limit(1)) is not None


async def route_of(session: AsyncSession, case: Case, *, reviewed: bool = False) -> Decision:
    """Where a case belongs.

    Args:
        reviewed: the one who asks says that the working group has approved of an idea; that counts where
            the group has it. What it has sent on stays reviewed.

    Raises Problem `nobody_above`.
    """
    seen = (reviewed or case.owner_unit != IDEAS) and await may_leave_the_group(session, case)
    return _route(facts_of(case, reviewed=seen), await country(session))


async def objected_below(session: AsyncSession, case: Case, unit: str) -> bool:
    """Whether a unit, or one above it, gave an answer that was objected to: no second review goes there."""
    if case.round < 2:
        return False
    given = await session.scalars(
        select(AnswerRow.unit_code).where(AnswerRow.case_id == case.id, AnswerRow.decision == "objected")
    )
    # The Centre has the last word: when its own was objected to (9-1), it may still ask anybody.
    return any(
        rules.barred(unit, each) for each in given if each != rules.last_instance(case.complained_unit)
    )


def _route(facts: CaseFacts, land: Country) -> Decision:
    try:
        return rules.route(facts, land)
    except rules.NobodyAbove:
        raise Problem("nobody_above") from None
