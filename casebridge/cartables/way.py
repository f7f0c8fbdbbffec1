"""A case on its way, as its page shows it, and the steps that are taken from there."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.answers.schemas import AnswerLine, ServiceLine
from casebridge.answers.service import answers_of, services_of
from casebridge.cartables.access import asked_of, check_case, sight_of
from casebridge.cartables.rules import SOON_DAYS, Act, Sight, acts_for_centre, may_act, urgency
from casebridge.cartables.schemas import Way
from casebridge.cases import life
from casebridge.cases.life import Action
from casebridge.cases.models import Case
from casebridge.cases.schemas import Status
from casebridge.country.units import CENTRE
from casebridge.deadlines import service as deadlines
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.questions.rows import questions_of
from casebridge.questions.schemas import QuestionLine
from casebridge.referrals import service as referrals
from casebridge.referrals.competence import objected_below, route_of
from casebridge.referrals.complained import name_of
from casebridge.referrals.models import Referral
from casebridge.referrals.rules import Decision, last_instance
from casebridge.referrals.schemas import ReferralLine
from casebridge.referrals.service import referrals_of
from line111.clock import now

_STEPS: Final = {
    "take": (Act.TAKE, Action.TAKEN),
    "refer": (Act.REFER, Action.REFERRED),
    "forward": (Act.REFER, Action.REFERRED),
    "classify": (Act.REFER, Action.CLASSIFIED),
    "ask": (Act.ASK, Action.ASKED),
    "supplied": (Act.ASK, Action.SUPPLIED),
    "answer": (Act.ANSWER, Action.ANSWERED),
    "service": (Act.SERVICE, Action.SERVICE),
}
"""What a page offers: the act one must be allowed, and the action the state must allow."""
_OF_CASE: Final = (
    "owner_unit", "status", "kind", "level", "province", "county", "agency", "subject", "complained_unit",
    "from_abroad", "beyond_province", "marginal_note", "due_at", "interim_due_at", "round", "version",
)  # fmt: skip


async def way_of(session: AsyncSession, who: Principal, case_id: UUID) -> Way:
    """A case's way. Raises Problem `not_found` (out of sight, too)."""
    case = await check_case(session, who, case_id)
    sight = await sight_of(session, who)
    passed = await referrals_of(session, case_id)
    answered = await answers_of(session, case_id)
    moment = now()
    soon = await deadlines.working_days_from(session, moment, SOON_DAYS)
    return Way(
        urgency=urgency(case.status, case.due_at, moment, soon),
        **{name: getattr(case, name) for name in _OF_CASE},
        complained_official=await name_of(session, case.complained_account),
        referrals=[_line(ReferralLine, row) for row in passed],
        answers=[_line(AnswerLine, row) for row in answered],
        services=[_line(ServiceLine, row) for row in await services_of(session, case_id)],
        questions=[_line(QuestionLine, row) for row in await questions_of(session, case_id)],
        may=frozenset(_may(who, sight, case, passed)) - _own_answer(who, answered),
    )


async def belongs_to(session: AsyncSession, case_id: UUID, *, reviewed: bool = False) -> Decision | None:
    """Where the rules send a case as it is classified; None where they name nobody, or those whose
    answer was objected to.

    Args:
        reviewed: as if the working group had approved of it, where it is an idea (4-20).
    """
    case = await session.get_one(Case, case_id)
    try:
        decision = await route_of(session, case, reviewed=reviewed)
    except Problem:
        return None
    return None if await objected_below(session, case, decision.unit) else decision


async def withdraw(session: AsyncSession, who: Principal, case_id: UUID) -> None:
    """Takes a referral back that nobody has touched yet, for the unit that made it or for the Centre.

    Raises Problem `not_found`, `not_yours`, `not_withdrawable`.
    """
    case = await check_case(session, who, case_id)
    sight = await sight_of(session, who)
    passed = await referrals_of(session, case_id)
    if not passed:
        raise Problem("not_withdrawable")
    units = _taking_back(sight, case, passed[-1])
    if not units:
        raise Problem("not_yours")
    await referrals.withdraw(session, case_id, unit=units[0], actor=who.actor)


def _may(who: Principal, sight: Sight, case: Case, passed: list[Referral]) -> set[str]:
    status, found = Status(case.status), set()
    if "cases:write" in who.scopes:
        for name, (act, action) in _STEPS.items():
            allowed = may_act(sight, act, *asked_of(case))
            if allowed and life.may(action, status):
                found.add(name)
        if "classify" in found and (
            sight.everything
            or case.owner_unit == last_instance(case.complained_unit)
            or not (case.complained_unit or case.complained_account)
        ):
            found.add("about")
        if passed and _withdrawable(sight, case, passed[-1]):
            found.add("withdraw")
        found |= _of_the_centre(who, sight, case)
    if "cases:decide" in who.scopes and status is Status.ANSWERED:
        found.add("decide")
    if "cases:pass" in who.scopes and life.may(Action.REFERRED, status):
        found.add("pass")
    return found


def _own_answer(who: Principal, answered: list[AnswerRow]) -> set[str]:
    """Who gave the last answer does not say whether the applicant accepts it."""
    final = [row.actor for row in answered if row.kind == "final"]
    return {"decide"} if final and final[-1] == who.actor[:128] else set()


def _of_the_centre(who: Principal, sight: Sight, case: Case) -> set[str]:
    """Ending, opening again (9-1), marginal notes (4-25); an answer waits for the applicant, a repeat for its
    link to go."""
    status = Status(case.status)
    if not acts_for_centre(who.roles, sight, *asked_of(case)):
        return set()
    may_close = life.may(Action.CLOSED, status) and status is not Status.ANSWERED
    may_reopen = life.may(Action.REOPENED, status) and case.linked_to is None
    may_mark = life.may(Action.CLASSIFIED, status)
    rights = (("close", may_close), ("reopen", may_reopen), ("marginal", may_mark))
    return {name for name, may in rights if may}


def _withdrawable(sight: Sight, case: Case, last: Referral) -> bool:
    return referrals.may_withdraw(case, last) and bool(_taking_back(sight, case, last))


def _taking_back(sight: Sight, case: Case, last: Referral) -> list[str | None]:
    """In whose names one may take a referral back: not in that of a unit it was only taken away from."""
    if sight.everything:
        return [None]
    units = [unit for unit in (last.by_unit, CENTRE) if unit]
    _, kind, complained, official = asked_of(case)
    return [one for one in units if may_act(sight, Act.REFER, one, kind, complained, official)]


def _line(shape: Any, row: Any) -> Any:
    return shape(**{name: getattr(row, name) for name in shape.model_fields})
