"""Registering a case for an applicant who did not phone: one step in the caller's transaction."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.bridge import Bridge
from casebridge.country.service import country, memberships_of
from casebridge.people.rules import Role
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.referrals.known import check_known
from casebridge.registrations.opening import NewCase, open_case
from casebridge.registrations.schemas import Registered, RegistrationForm
from persian.phones import InvalidPhoneNumber, normalise_phone

ORIGIN: Final = "desk"


async def registering_unit(session: AsyncSession, who: Principal, wanted: str | None) -> str | None:
    """The unit in whose name somebody registers; None: the Centre.

    Raises Problem `not_allowed` where an official names a unit that is not theirs, or has none.
    """
    if who.roles & {Role.AGENT, Role.SUPERVISOR} or who.account_id is None:
        return wanted
    units = [member.unit_code for member in await memberships_of(session, who.account_id)]
    if not units or (wanted is not None and wanted not in units):
        raise Problem("not_allowed")
    return wanted or units[0]


async def register(
    session: AsyncSession, bridge: Bridge, form: RegistrationForm, actor: str, *, unit: str | None = None
) -> Registered:
    """Opens the case of a form.

    Args:
        unit: The unit that registers; an agency's own may do so within its agency's duties alone.

    Raises Problem as `open_case` does, or naming the fields that the country does not know.
    """
    check_known(await country(session), form.model_dump(mode="json") | {"unit": unit})
    case, decision = await open_case(session, bridge, _new_case(form, unit), actor=actor)
    return Registered(
        case_id=case.id,
        tracking_code=case.tracking_code or "",
        owner_unit=case.owner_unit or "",
        article=decision.article,
        due_at=case.due_at,
    )


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
