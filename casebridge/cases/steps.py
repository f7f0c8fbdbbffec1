"""The one way anything happens to a case on its way: state, history, audit, event and notification together.

Everything is written in the caller's transaction, so none of it can be missing. Who does something to a case
locks it first with `locked`: two officials who act at once come one after the other, and the second one sees
what the first has done.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases import history, life
from casebridge.cases.life import Action
from casebridge.cases.models import Case
from casebridge.cases.schemas import Status
from casebridge.deadlines.rules import interim_due
from casebridge.events import service as events
from casebridge.notifications.service import notify_applicant, notify_unit
from casebridge.problems import Problem
from casebridge.referrals.rules import barred
from line111.clock import now, to_text

SYSTEM: Final = "service:bridge"
"""Who acts where a deadline does."""
TOLD_TO_APPLICANT: Final = {
    Action.REFERRED: "referred",
    Action.RETURNED: "referred",
    Action.WITHDRAWN: "withdrawn",
    Action.TAKEN: "taken",
    Action.ASKED: "asked",
    Action.SUPPLIED: "supplied",
    Action.INTERIM_ANSWER: "interim_answer",
    Action.ANSWERED: "answered",
    Action.ACCEPTED: "accepted",
    Action.OBJECTED: "objected",
    Action.SECOND_REVIEW: "second_review",
    Action.ESCALATED: "escalated",
    Action.SERVICE: "service_recorded",
    Action.CLOSED: "closed",
    Action.LINKED: "linked",
    Action.UNLINKED: "unlinked",
    Action.REOPENED: "reopened",
}
"""Actions the applicant is told of, and the message's template (articles 4-5, 4-9, 4-17)."""
NOT_TOLD: Final = {
    Action.CLASSIFIED: "it orders the office's own papers; what follows from it is a referral, and told",
}
"""Actions the applicant is not told of, and why."""
TOLD_TO_UNIT: Final = {
    Action.REFERRED: "referred",
    Action.RETURNED: "referred",
    Action.OBJECTED: "objected",
    Action.SECOND_REVIEW: "second_review",
    Action.ESCALATED: "escalated",
    Action.REOPENED: "reopened",
}
"""Actions the unit that then owns the case is told of."""
NEW_TERM: Final = frozenset(
    {
        Action.REFERRED,
        Action.RETURNED,
        Action.WITHDRAWN,
        Action.SUPPLIED,
        Action.SECOND_REVIEW,
        Action.ESCALATED,
        Action.UNLINKED,
        Action.REOPENED,
    }
)
"""Steps that give a unit its own deadline."""
_KEEP: Final = object()


async def locked(session: AsyncSession, case_id: UUID, seen: int | None = None) -> Case:
    """The case, locked until the transaction ends.

    Args:
        seen: the version its reader had before their eyes.

    Raises Problem `not_found`, `case_moved_on` (somebody was quicker).
    """
    case = await session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise Problem("not_found")
    if seen is not None and seen != case.version:
        raise Problem("case_moved_on")
    return case


async def take_step(
    session: AsyncSession,
    case: Case,
    action: Action,
    actor: str,
    *,
    unit: str | None = None,
    owner_unit: str | None = None,
    due_at: datetime | object | None = _KEEP,
    text: str | None = None,
    detail: dict[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """Takes one step with a locked case.

    Args:
        unit: The unit in whose name it is done.
        owner_unit: Who owns the case from now on; None: no change.
        due_at: The new deadline; left out: no change.
        text: What the applicant is told with it; it stands in no history.
        detail: Words and ids for the history.
        address: Where the request came from, for the audit trail.

    Raises Problem `status_step` where the state does not allow it, `unit_barred` where the new owner is
    complained of or stands below (10-3): no way leads a case there.
    """
    before = Status(case.status)
    if not life.may(action, before):
        raise Problem("status_step", current=before.value, wanted=life.after(action, before).value)
    case.status = life.after(action, before).value
    if owner_unit is not None:
        if barred(owner_unit, case.complained_unit):
            raise Problem("unit_barred")
        case.owner_unit = owner_unit
    renewed = action in NEW_TERM
    if isinstance(due_at, datetime) or due_at is None:
        renewed = renewed or (action is Action.CLASSIFIED and due_at != case.due_at)
        if action in NEW_TERM or due_at != case.due_at:
            case.reminded_at = None
        case.due_at = due_at
    if not life.has_deadline(Status(case.status)):
        case.due_at = None
    _set_interim(case, action, renewed=renewed)
    if case.status == Status.CLOSED:
        case.closed_at = now()
    case.version += 1
    await session.flush()
    await _tell(session, case, action, actor, unit, text, detail or {}, address)


def _set_interim(case: Case, action: Action, *, renewed: bool) -> None:
    """When the applicant should hear how things stand: for each deadline, but not while we wait for them, or
    where no answer is owed any more."""
    waits = case.status in (Status.WAITING_APPLICANT, Status.OBJECTED)
    if case.due_at is None or action is Action.INTERIM_ANSWER or waits:
        case.interim_due_at = None
    elif renewed:
        case.interim_due_at = interim_due(now(), case.due_at)


async def _tell(
    session: AsyncSession,
    case: Case,
    action: Action,
    actor: str,
    unit: str | None,
    text: str | None,
    detail: dict[str, Any],
    address: str | None,
) -> None:
    told = {"unit": unit, **detail} if unit else detail
    await history.add(session, case.id, action.value, actor, **told)
    await audit.write(session, actor, f"case_{action.value}", "case", case.id, address=address, detail=told)
    await events.add(
        session,
        events.event(
            f"case.{action.value}",
            case_id=case.id,
            action=action.value,
            status=case.status,
            owner_unit=case.owner_unit,
            actor=actor,
        ),
    )
    values: dict[str, Any] = {"unit": case.owner_unit}
    if case.due_at:
        values["due_at"] = to_text(case.due_at)
    if action in TOLD_TO_UNIT and case.owner_unit:
        await notify_unit(session, case.owner_unit, TOLD_TO_UNIT[action], values, case_id=case.id)
    if action in TOLD_TO_APPLICANT:
        if text:
            values["text"] = text
        if "reason" in detail:
            values["why"] = str(detail["reason"])
        await notify_applicant(session, case.id, TOLD_TO_APPLICANT[action], values)
