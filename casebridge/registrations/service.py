"""Registering a case for an applicant who did not phone, on screen or by the API: one way for both."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cartables.access import narrowed_to, sight_of
from casebridge.country.service import country, memberships_of
from casebridge.people.rules import Role
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.referrals.known import check_known
from casebridge.referrals.marginal import MARGINAL, check_may_mark
from casebridge.registrations.opening import NewCase, open_case
from casebridge.registrations.schemas import Registered, RegistrationForm
from casebridge.repeats import service as repeats
from casebridge.repeats.schemas import Candidate, MatterQuestion
from persian.phones import InvalidPhoneNumber, normalise_phone

ORIGIN: Final = "desk"


class RaisedBefore(Problem):
    """Nothing was opened: the applicant seems to have raised this matter before; a person decides."""

    def __init__(self, candidates: list[Candidate]) -> None:
        told = [candidate.model_dump(mode="json") for candidate in candidates]
        super().__init__("raised_before", members={"candidates": told})
        self.candidates = candidates


async def register(bridge: Bridge, form: RegistrationForm, who: Principal) -> Registered:
    """Opens the case of a form, in the name of the unit that registers; an agency's own may do so within
    its agency's duties alone.

    Raises RaisedBefore where the applicant has earlier cases that are likely the same matter and that the
    form does not name as seen: also where an answer got lost and the form is sent again. Raises Problem as
    `open_case` does, `not_allowed`, or naming the fields that the country does not know.
    """
    try:
        async with bridge.database.writing() as session:
            return await _register(session, bridge, form, who)
    except RaisedBefore:
        async with bridge.database.writing() as session:
            await audit.write(session, who.actor, "repeats_looked_for", "applicant", "question")
        raise


async def _register(
    session: AsyncSession, bridge: Bridge, form: RegistrationForm, who: Principal
) -> Registered:
    """Looks for repeats last: what duties forbid is refused as such, and shows nobody's cases."""
    unit = await _registering_unit(session, who, form.unit)
    check_may_mark([name for name in (MARGINAL,) if form.marginal_note], unit)
    check_known(await country(session), form.model_dump(mode="json") | {"unit": unit})
    before = await _raised_before(session, bridge, form, who)
    case, decision = await open_case(session, bridge, _new_case(form, unit), actor=who.actor)
    if {candidate.id for candidate in before} - set(form.seen):
        raise RaisedBefore(before)
    return Registered(
        case_id=case.id,
        tracking_code=case.tracking_code or "",
        owner_unit=case.owner_unit or "",
        article=decision.article,
        due_at=case.due_at,
    )


async def _registering_unit(session: AsyncSession, who: Principal, wanted: str | None) -> str | None:
    """The unit in whose name somebody registers; None: the Centre.

    Raises Problem `not_allowed` where an official names a unit that is not theirs, or has none.
    """
    if who.roles & {Role.AGENT, Role.SUPERVISOR} or who.account_id is None:
        return wanted
    units = [member.unit_code for member in await memberships_of(session, who.account_id)]
    if not units or (wanted is not None and wanted not in units):
        raise Problem("not_allowed")
    return wanted or units[0]


async def _raised_before(
    session: AsyncSession, bridge: Bridge, form: RegistrationForm, who: Principal
) -> list[Candidate]:
    """Earlier cases in sight that are likely the matter of this form."""
    question = MatterQuestion(
        identifier_kind=form.identifier_kind,
        identifier=form.identifier,
        kind=form.kind,
        subject=form.subject,
        province=form.province or (form.county[:2] if form.county else None),
        county=form.county,
        text=form.text,
    )
    lookup = bridge.lookup(form.identifier_kind.value, form.identifier)
    seen = narrowed_to(await sight_of(session, who))
    found = await repeats.raised_before(session, question, lookup, seen)
    return [candidate for candidate in found if candidate.is_likely]


def _new_case(form: RegistrationForm, unit: str | None) -> NewCase:
    return NewCase(
        kind=form.kind,
        channel=form.channel,
        language=form.language,
        origin=ORIGIN,
        identifier_kind=form.identifier_kind.value,
        identifier=form.identifier,
        contact_number=_number(form.contact_number),
        email=form.email,
        text=form.text,
        level=form.level,
        province=form.province or (form.county[:2] if form.county else None),
        county=form.county,
        agency=form.agency,
        subject=form.subject,
        complained_unit=form.complained_unit,
        from_abroad=form.from_abroad,
        beyond_province=form.beyond_province,
        marginal_note=form.marginal_note,
        opened_at=form.received_at,
        unit=unit,
    )


def _number(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return normalise_phone(text)
    except InvalidPhoneNumber:
        raise Problem("invalid_request", errors=[("contact_number", "phone_invalid")]) from None
