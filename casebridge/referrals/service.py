"""Sending cases on their way: classify, refer, take in hand, ask. One step in the caller's transaction.

`unit` is always the unit in whose name somebody acts. Who may act for it is the cartables' question; here it
is only made sure that a unit does not act on what is not its own, and never on a complaint about itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.life import Action
from casebridge.cases.models import Case
from casebridge.cases.schemas import Kind, Status
from casebridge.cases.steps import locked, take_step
from casebridge.country.service import country
from casebridge.country.units import CENTRE, IDEAS, agency_desk
from casebridge.deadlines import running
from casebridge.deadlines import service as deadlines
from casebridge.problems import Problem
from casebridge.questions import rows as questions
from casebridge.referrals import rules
from casebridge.referrals.competence import (
    TAKEN_AWAY,
    check_act,
    check_competent,
    facts_of,
    objected_below,
    owned_by,
    refused,
    route_of,
)
from casebridge.referrals.complained import ACCOUNT, check_may_name, told_of, with_official
from casebridge.referrals.known import check_known
from casebridge.referrals.marginal import check_may_mark
from casebridge.referrals.models import Referral
from casebridge.referrals.rules import Decision
from casebridge.search.service import index_case
from line111.clock import now

UNTOUCHED = timedelta(hours=24)
"""How long a referral nobody has touched may be taken back."""
_FACTS = ("kind", "level", "subject", "agency", "province", "county", "complained_unit", ACCOUNT,
          "from_abroad", "beyond_province", "marginal_note")  # fmt: skip


async def classify(
    session: AsyncSession,
    case_id: UUID,
    changes: dict[str, Any],
    actor: str,
    *,
    unit: str | None = None,
    forward: bool = False,
    seen: int | None = None,
    address: str | None = None,
) -> Decision:
    """Says what a case is about; returns where it then belongs.

    A case whose owner is complained of, or stands below the one complained of, leaves its hands with the
    same commit, asked for or not (10-3).

    Args:
        changes: some of `kind level subject agency province county complained_unit complained_official
            from_abroad beyond_province marginal_note`; None empties a subject, agency, unit, official or
            place; without a province there is no county either.
        forward: send the case there at once.

    Raises Problem `not_found`, `case_moved_on`, `status_step`, `nobody_above`, `not_allowed` (whom a
    complaint is about, the Centre alone says otherwise), `not_competent` (the subject is not among the
    agency's duties), or naming the field.
    """
    case = await locked(session, case_id, seen)
    land = await country(session)
    changes = await with_official(session, changes)
    if unknown := [name for name in changes if name not in _FACTS]:
        raise ValueError(f"nothing to classify: {unknown}")
    if "province" in changes and changes["province"] is None:
        changes = changes | {"county": None}
    changed = {name: value for name, value in changes.items() if getattr(case, name) != value}
    check_may_name(case, changed, unit)
    check_may_mark(changed, unit)
    check_known(land, changed)
    detail = told_of(case, changed)
    for name, value in changed.items():
        setattr(case, name, value)
    if "province" in changed:
        await index_case(session, case_id)
    if case.agency and changed.keys() & {"agency", "subject"}:
        outside = rules.may_register(agency_desk(case.agency), case.subject or "", land, facts_of(case))
        if case.subject and outside is not None:
            raise refused(outside, case.subject)
    decision = await route_of(session, case)
    if changed:
        due = await running.reclassified_due(session, case, changed)
        await take_step(
            session, case, Action.CLASSIFIED, actor, unit=unit, due_at=due, detail=detail, address=address
        )
    must_leave = case.owner_unit is not None and rules.barred(case.owner_unit, case.complained_unit)
    if (forward or must_leave) and decision.unit != case.owner_unit:
        reason = "complained_of" if must_leave else "competence"
        await _move(session, case, Action.REFERRED, decision, actor, unit=unit, reason=reason)
    return decision


async def refer(
    session: AsyncSession,
    case_id: UUID,
    *,
    to_unit: str,
    actor: str,
    unit: str | None = None,
    reason: str = "competence",
    note: str | None = None,
    seen: int | None = None,
) -> None:
    """Passes a case to another unit; its final date stays. What the working group sends on is reviewed.

    Raises Problem `not_found`, `case_moved_on`, `status_step`, `not_yours`, `unit_barred`,
    `not_competent` or `subject_needed` naming the competent unit, `second_review_lower` (a second review
    does not go back to those whose answer was objected to), or naming `to_unit`.
    """
    case = await locked(session, case_id, seen)
    owned_by(case, unit)
    land = await country(session)
    if not land.has_unit(to_unit):
        raise Problem("invalid_request", errors=[("to_unit", "unit_unknown")])
    if to_unit == case.owner_unit:
        raise Problem("invalid_request", errors=[("to_unit", "unit_has_it")])
    if rules.barred(to_unit, case.complained_unit):
        raise Problem("unit_barred")
    await check_competent(session, case, to_unit)
    action = Action.RETURNED if reason == "not_ours" else Action.REFERRED
    approved = case.kind == Kind.IDEA and case.owner_unit == IDEAS and action is Action.REFERRED
    article = "4-20" if approved else ""
    await _move(session, case, action, Decision(to_unit, article), actor, unit=unit, reason=reason, note=note)


async def send_on(
    session: AsyncSession,
    case_id: UUID,
    *,
    actor: str,
    unit: str | None = None,
    reviewed: bool = False,
    note: str | None = None,
    seen: int | None = None,
) -> Decision:
    """Refers a case to the unit the rules name; a working group that has reviewed an idea sends it to the
    agency concerned (4-20), from anybody else it goes to the group first (4-19). Nothing happens where it
    is there already. Raises Problem as `refer` does."""
    case = await locked(session, case_id, seen)
    owned_by(case, unit)
    decision = await route_of(session, case, reviewed=reviewed or unit == IDEAS)
    if decision.unit != case.owner_unit:
        await _move(
            session, case, Action.REFERRED, decision, actor, unit=unit, reason="competence", note=note
        )
    return decision


async def withdraw(session: AsyncSession, case_id: UUID, *, unit: str | None, actor: str) -> None:
    """Takes an untouched referral back, for its maker or the Centre. Raises Problem `not_withdrawable`."""
    case = await locked(session, case_id)
    last = await session.scalar(
        select(Referral).where(Referral.case_id == case_id).order_by(Referral.id.desc()).limit(1)
    )
    if last is None or unit not in (None, CENTRE, last.by_unit) or not may_withdraw(case, last):
        raise Problem("not_withdrawable")
    last.withdrawn_at = now()
    due = await running.passed_on_due(session, case)
    await take_step(session, case, Action.WITHDRAWN, actor, unit=unit, owner_unit=last.from_unit, due_at=due)


def may_withdraw(case: Case, last: Referral) -> bool:
    """Whether the last referral of a case may still be taken back by who made it."""
    sent = last.from_unit is not None and last.withdrawn_at is None and last.reason not in TAKEN_AWAY
    return sent and case.status == Status.REFERRED and last.at >= now() - UNTOUCHED


async def take_in_hand(
    session: AsyncSession,
    case_id: UUID,
    *,
    unit: str | None,
    actor: str,
    note: str | None = None,
    seen: int | None = None,
) -> None:
    """Somebody begins to work on a case. Raises Problem `status_step`, `case_moved_on`, or as `check_act`."""
    case = await locked(session, case_id, seen)
    await check_act(session, case, unit)
    due = case.due_at or await deadlines.answer_due(session, case)
    await take_step(session, case, Action.TAKEN, actor, unit=unit, due_at=due, detail=_noted(note))


async def ask_applicant(
    session: AsyncSession,
    case_id: UUID,
    *,
    unit: str | None,
    actor: str,
    text: str,
    seen: int | None = None,
) -> None:
    """Asks the applicant for something; until they have given it, the deadline is theirs, and the unit's time
    stands still."""
    case = await locked(session, case_id, seen)
    await check_act(session, case, unit)
    left = await running.days_left(session, case)
    due = await deadlines.waiting_due(session)
    name = unit or case.owner_unit or CENTRE
    question = await questions.ask(session, case_id, unit=name, actor=actor, text=text)
    detail = {running.LEFT: left, "question_id": str(question)}
    await take_step(session, case, Action.ASKED, actor, unit=unit, due_at=due, text=text, detail=detail)


async def supplied(
    session: AsyncSession,
    case_id: UUID,
    *,
    unit: str | None,
    actor: str,
    note: str | None = None,
    detail: dict[str, Any] | None = None,
    seen: int | None = None,
) -> None:
    """The applicant has given what was asked for; the unit's time runs on where it stood.

    Args:
        note: what they gave, in the unit's words; it stands beside the question, too.
        detail: for the history, where they replied themselves.
    """
    case = await locked(session, case_id, seen)
    await check_act(session, case, unit)
    question = await questions.open_question(session, case_id)
    if question is not None:
        await questions.note_reply(session, question, by="unit", text=note)
    due = await running.resumed_due(session, case)
    told = _noted(note) | (detail or {})
    await take_step(session, case, Action.SUPPLIED, actor, unit=unit, due_at=due, detail=told)


async def move_up(session: AsyncSession, case: Case, action: Action, *, actor: str, reason: str) -> None:
    """One step up the hierarchy: after an objection, or because a deadline has passed; to the Centre itself
    where the final date has."""
    owner, land = case.owner_unit or CENTRE, await country(session)
    end = rules.last_instance(case.complained_unit)
    above = rules.one_higher(owner, case.complained_unit)
    while above != end and not land.has_unit(above):
        above = rules.one_higher(above, case.complained_unit)
    if action is Action.ESCALATED and await running.is_past_final(session, case):
        above = end
    await _move(session, case, action, Decision(above, ""), actor, unit=owner, reason=reason)


async def referrals_of(session: AsyncSession, case_id: UUID) -> list[Referral]:
    """A case's referrals, oldest first."""
    return list(
        await session.scalars(select(Referral).where(Referral.case_id == case_id).order_by(Referral.id))
    )


def note_referral(session: AsyncSession, case: Case, decision: Decision, actor: str, **told: Any) -> None:
    """Writes down that a case goes from its owner to another unit; the step itself is taken beside it.
    `told`: its `reason`, and where there is one `by_unit`, `note` and `due_at`."""
    session.add(
        Referral(
            case_id=case.id,
            at=now(),
            actor=actor[:128],
            from_unit=case.owner_unit,
            to_unit=decision.unit,
            article=decision.article or None,
            **told,
        )
    )


async def _move(
    session: AsyncSession,
    case: Case,
    action: Action,
    decision: Decision,
    actor: str,
    *,
    unit: str | None,
    reason: str,
    note: str | None = None,
) -> None:
    if reason != "complained_of" and await objected_below(session, case, decision.unit):
        raise Problem("second_review_lower")
    due: datetime = await running.moved_due(session, case, action)
    note_referral(session, case, decision, actor, by_unit=unit, reason=reason, note=note, due_at=due)
    detail = {"from": case.owner_unit, "to": decision.unit, "reason": reason}
    if decision.article:
        detail["article"] = decision.article
    await take_step(
        session, case, action, actor, unit=unit, owner_unit=decision.unit, due_at=due, detail=detail
    )


def _noted(note: str | None) -> dict[str, str]:
    return {"note": note} if note else {}
