"""What an agency's system may do: see, answer and refer cases in its hands; none else exists for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cases import service as cases
from casebridge.cases.models import Case
from casebridge.cases.schemas import Revealed
from casebridge.crypto import KeyRing
from casebridge.links.copies import case_and_applicant, copy_case
from casebridge.links.models import ReceivedChange
from casebridge.links.rules import link_actor
from casebridge.links.samad.interface import NeighbourRefuses
from casebridge.problems import Problem
from casebridge.referrals import service as referrals
from casebridge.webhooks.courier import masked
from casebridge.webhooks.models import Webhook
from casebridge.webhooks.rules import is_theirs, may_still_hear
from casebridge.webhooks.schemas import AgencyAnswer, AgencyCase, AgencyReferral, Taken
from casebridge.webhooks.service import TARGET
from line111.clock import now


async def read_case(session: AsyncSession, keys: KeyRing, endpoint: Webhook, case_id: UUID) -> AgencyCase:
    """A case in the agency's hands, the applicant masked. Raises Problem `not_found`."""
    await _theirs(session, endpoint, case_id, lock=False)
    try:
        case, applicant = await case_and_applicant(session, case_id)
    except NeighbourRefuses:
        raise Problem("not_found") from None
    return AgencyCase(case=await copy_case(session, case), applicant=masked(keys, case, applicant))


async def reveal(
    session: AsyncSession, keys: KeyRing, endpoint: Webhook, case_id: UUID, *, address: str | None
) -> Revealed:
    """Who the applicant is; the look is audited. Raises Problem `not_found`."""
    await _theirs(session, endpoint, case_id)
    return await cases.reveal(session, keys, case_id, actor_of(endpoint), address=address)


async def answer(
    session: AsyncSession, endpoint: Webhook, case_id: UUID, form: AgencyAnswer, *, key: str | None = None
) -> Taken:
    """Answers for the unit that has the case; the same key again changes nothing.

    Raises Problem `not_found`, and what the case's life forbids.
    """
    case = await _theirs(session, endpoint, case_id)
    if await _is_new(session, endpoint, case_id, key):
        await answers.answer(
            session,
            case_id,
            unit=case.owner_unit,
            actor=actor_of(endpoint),
            text=form.text,
            language=form.language.value,
            kind=form.kind,
        )
    return _taken(case)


async def refer(
    session: AsyncSession, endpoint: Webhook, case_id: UUID, form: AgencyReferral, *, key: str | None = None
) -> Taken:
    """Refers a case on for the unit that has it; the same key again changes nothing.

    Raises Problem `not_found`, and what the referral rules forbid.
    """
    case = await _known_or_theirs(session, endpoint, case_id, key)
    if await _is_new(session, endpoint, case_id, key):
        await referrals.refer(
            session,
            case_id,
            to_unit=form.to_unit,
            actor=actor_of(endpoint),
            unit=case.owner_unit,
            reason="agency",
            note=form.note,
        )
    return _taken(case)


def actor_of(endpoint: Webhook) -> str:
    """How history and audit name an agency's system."""
    return link_actor(f"{TARGET}{endpoint.id}")


async def _theirs(session: AsyncSession, endpoint: Webhook, case_id: UUID, *, lock: bool = True) -> Case:
    """The case, where it is in this agency's hands; one that is not does not exist for it."""
    case = await session.get(Case, case_id, with_for_update=lock)
    if case is None or not is_theirs(endpoint.agency, case.owner_unit, case.complained_unit):
        raise Problem("not_found")
    return case


async def _known_or_theirs(session: AsyncSession, endpoint: Webhook, case_id: UUID, key: str | None) -> Case:
    """As `_theirs`; but what was referred away with this very key may be asked for again."""
    known = await session.get(ReceivedChange, (f"{TARGET}{endpoint.id}", key)) if key else None
    if known is not None and known.case_id == case_id:
        case = await session.get(Case, case_id)
        if case is not None and may_still_hear(endpoint.agency, case.complained_unit):
            return case
    return await _theirs(session, endpoint, case_id)


async def _is_new(session: AsyncSession, endpoint: Webhook, case_id: UUID, key: str | None) -> bool:
    """Whether a request with this key has not been carried out yet; it is written down as carried out."""
    if not key:
        return True
    source = f"{TARGET}{endpoint.id}"
    known = await session.get(ReceivedChange, (source, key))
    if known is not None:
        if known.case_id != case_id:
            raise Problem("other_content")
        return False
    session.add(ReceivedChange(source=source, change_id=key, case_id=case_id, outcome="applied", at=now()))
    return True


def _taken(case: Case) -> Taken:
    return Taken(case_id=case.id, status=case.status, owner_unit=case.owner_unit)
