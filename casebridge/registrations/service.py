"""Registering a case for an applicant who did not phone: one step in the caller's transaction."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.applicants.service import belongs_to
from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cases import history
from casebridge.cases.models import Case
from casebridge.cases.numbers import close_numbers
from casebridge.cases.schemas import Status
from casebridge.country.service import country, memberships_of
from casebridge.country.snapshot import Country
from casebridge.deadlines import service as deadlines
from casebridge.events import service as events
from casebridge.notifications.service import notify_applicant
from casebridge.people.rules import Role
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.referrals import rules
from casebridge.referrals.known import check_known
from casebridge.referrals.service import facts_of, route_of, send_on
from casebridge.registrations.rules import level_of
from casebridge.registrations.schemas import Registered, RegistrationForm
from casebridge.search.service import index_case
from casebridge.tables import new_id
from casebridge.tracking_codes import service as tracking_codes
from line111.clock import now, to_text
from persian.identifiers import InvalidIdentifier, check_identifier
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
    """Opens a case, gives it a tracking code, and sends it where it belongs.

    Args:
        unit: The unit that registers; an agency's own may do so within its agency's duties alone.

    Raises Problem `not_competent` naming the competent unit (4-8, 4-15), `nobody_above`, `unit_barred`
    (a unit does not register a complaint about itself), or naming the field, the identifier first of
    all (5-3).
    """
    land = await country(session)
    check_known(land, form.model_dump(mode="json") | {"unit": unit})
    case = await _new_case(session, bridge, form, land)
    decision = await route_of(session, case)
    if unit is not None:
        _check_unit(unit, case, land)
    first = unit or rules.first_owner(case.kind, case.province, case.county)
    barred = rules.barred(first, case.complained_unit) or not land.has_unit(first)
    case.owner_unit = decision.unit if barred else first
    session.add(case)
    await session.flush()
    case.due_at = await deadlines.answer_due(session, case)
    await _tell(session, case, actor, unit)
    if form.subject or form.agency or form.complained_unit or form.marginal_note or form.from_abroad:
        decision = await send_on(session, case.id, actor=actor)
    await index_case(session, case.id)
    return Registered(
        case_id=case.id,
        tracking_code=case.tracking_code or "",
        owner_unit=case.owner_unit or "",
        article=decision.article,
        due_at=case.due_at,
    )


async def _new_case(session: AsyncSession, bridge: Bridge, form: RegistrationForm, land: Country) -> Case:
    case_id, moment = new_id(), now()
    subject = land.subject(form.subject) if form.subject else None
    province = form.province or (form.county[:2] if form.county else None)
    numbers = {"contact_number": _number(form.contact_number), "caller_number": None, "email": form.email}
    _, codes = await tracking_codes.lease(
        session, bridge.codes, node=bridge.settings.node, holder="bridge", count=1
    )
    return Case(
        id=case_id,
        tracking_code=codes[0],
        kind=form.kind.value,
        status=Status.REGISTERED.value,
        channel=form.channel.value,
        level=level_of(form.level, subject.level if subject else None, province, form.county).value,
        province=province,
        county=form.county,
        agency=form.agency,
        subject=form.subject,
        complained_unit=form.complained_unit,
        from_abroad=form.from_abroad,
        beyond_province=form.beyond_province,
        marginal_note=form.marginal_note,
        language=form.language.value,
        applicant_id=await _applicant(session, bridge, form),
        numbers=close_numbers(bridge.keys, case_id, numbers),
        key_number=bridge.keys.current,
        text=form.text,
        origin=ORIGIN,
        opened_at=min(form.received_at or moment, moment),
        registered_at=moment,
        version=1,
        round=1,
    )


def _check_unit(unit: str, case: Case, land: Country) -> None:
    if rules.barred(unit, case.complained_unit):
        raise Problem("unit_barred")
    refusal = rules.may_register(unit, case.subject, land, facts_of(case))
    if refusal is not None:
        raise Problem("not_competent", unit=refusal.competent_unit, article=refusal.article)


async def _applicant(session: AsyncSession, bridge: Bridge, form: RegistrationForm) -> UUID:
    """The applicant of this identifier, made where there is none yet."""
    kind = form.identifier_kind.value
    try:
        digits = check_identifier(kind, form.identifier)
    except InvalidIdentifier:
        raise Problem("invalid_request", errors=[("identifier", "identifier_invalid")]) from None
    lookup, fresh = bridge.lookup(kind, digits), new_id()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    await session.execute(
        insert(Applicant)
        .values(
            id=fresh,
            identifier_kind=kind,
            lookup=lookup,
            identifier=bridge.keys.encrypt(digits.encode(), belongs_to(fresh)),
            key_number=bridge.keys.current,
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["lookup"])
    )
    found: UUID = (await session.scalars(select(Applicant.id).where(Applicant.lookup == lookup))).one()
    return found


def _number(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return normalise_phone(text)
    except InvalidPhoneNumber:
        raise Problem("invalid_request", errors=[("contact_number", "phone_invalid")]) from None


async def _tell(session: AsyncSession, case: Case, actor: str, unit: str | None) -> None:
    """History, audit, event and message, as for a case that comes by the line."""
    told = {"channel": case.channel, "origin": ORIGIN} | ({"unit": unit} if unit else {})
    await history.add(session, case.id, "registered", actor, **told)
    await audit.write(session, actor, "case_registered", "case", case.id, detail=told)
    facts = {"kind": case.kind, "province": case.province, "owner_unit": case.owner_unit, "actor": actor}
    await events.add(session, events.event("case.registered", case_id=case.id, action="registered", **facts))
    values = {"unit": case.owner_unit, "due_at": to_text(case.due_at) if case.due_at else None}
    await notify_applicant(session, case.id, "registered", values)
