"""Opening a case that did not come by the line: one way for desks, neighbours and applications.

Calls are written in batches (`casebridge.intakes`); they share with this what every case begins with
(`casebridge.cases.beginning`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.identity import close_identity
from casebridge.applicants.service import applicant_of
from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cases import history
from casebridge.cases.beginning import first_columns, level_of
from casebridge.cases.models import Case
from casebridge.cases.numbers import close_numbers
from casebridge.cases.schemas import Channel, Kind, Language, Level
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.deadlines import service as deadlines
from casebridge.events import service as events
from casebridge.notifications.service import notify_applicant
from casebridge.problems import Problem
from casebridge.referrals import rules
from casebridge.referrals.competence import facts_of, refused, route_of
from casebridge.referrals.known import check_known
from casebridge.referrals.rules import Decision
from casebridge.referrals.service import send_on
from casebridge.search.service import index_case
from casebridge.tables import new_id
from casebridge.tracking_codes import service as tracking_codes
from line111.clock import now, to_text
from persian.identifiers import InvalidIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case to be opened. A place or subject that our country does not have is left out of it.

    Attributes:
        case_id: its id; one that is known elsewhere keeps the id it has there.
        origin: the way it came, for those who look later.
        level: None: where such a subject is handled, otherwise that of the place.
        opened_at: when the applicant raised it; None, or a moment still to come: now.
        unit: the unit that registers it, within its agency's duties alone; None: nobody's.
    """

    case_id: UUID = field(default_factory=new_id)
    kind: Kind
    channel: Channel
    language: Language
    origin: str
    identifier_kind: str
    identifier: str = field(repr=False)
    contact_number: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    level: Level | None = None
    province: str | None = None
    county: str | None = None
    agency: str | None = None
    subject: str | None = None
    complained_unit: str | None = None
    from_abroad: bool = False
    beyond_province: bool = False
    marginal_note: bool = False
    opened_at: datetime | None = None
    unit: str | None = None


async def open_case(
    session: AsyncSession, bridge: Bridge, new: NewCase, *, actor: str
) -> tuple[Case, Decision]:
    """Opens a case, gives it a tracking code, and sends it where it belongs; also says by which article.

    Raises Problem `not_competent` or `subject_needed` naming the competent unit (4-8, 4-15), `nobody_above`,
    `unit_barred` (a unit does not register a complaint about itself), or `invalid_request` where the
    identifier can't exist (5-3) or the unit complained of does not.
    """
    land = await country(session)
    check_known(land, {"complained_unit": new.complained_unit})
    new = _as_known_here(new, land)
    case = await _new_case(session, bridge, new, land)
    decision = await route_of(session, case)
    if new.unit is not None:
        _check_unit(new.unit, case, land)
    first = new.unit or case.owner_unit
    if rules.barred(first, case.complained_unit) or not land.has_unit(first):
        first = decision.unit
    case.owner_unit = first
    session.add(case)
    await session.flush()
    await deadlines.begin(session, case)
    await _tell(session, case, actor, new.unit)
    if _says_where(new):
        decision = await send_on(session, case.id, actor=actor)
    await index_case(session, case.id)
    return case, decision


def _says_where(new: NewCase) -> bool:
    """Whether more than its place was said of a case: it goes on at once where the articles send it."""
    marked = new.marginal_note or new.from_abroad or new.beyond_province
    on_a_trip = new.channel is Channel.PROVINCIAL_TRIP
    return bool(new.subject or new.agency or new.complained_unit or marked or on_a_trip)


def _as_known_here(new: NewCase, land: Country) -> NewCase:
    """Without the codes that another centre's country, or an application, has and ours has not."""
    return replace(
        new,
        province=new.province if new.province and land.place(new.province) else None,
        county=new.county if new.county and land.place(new.county) else None,
        subject=new.subject if new.subject and land.subject(new.subject) else None,
    )


async def _new_case(session: AsyncSession, bridge: Bridge, new: NewCase, land: Country) -> Case:
    moment = now()
    subject = land.subject(new.subject) if new.subject else None
    numbers = {"contact_number": new.contact_number, "caller_number": None, "email": new.email}
    _, codes = await tracking_codes.lease(
        session, bridge.codes, node=bridge.settings.node, holder="bridge", count=1
    )
    columns = first_columns(
        new.case_id,
        kind=new.kind,
        channel=new.channel,
        language=new.language,
        level=level_of(new.level, subject.level if subject else None, new.province, new.county),
        province=new.province,
        owner_unit=rules.first_owner(new.kind.value, new.province, new.county),
        applicant_id=await _applicant(session, bridge, new),
        numbers=close_numbers(bridge.keys, new.case_id, numbers),
        key_number=bridge.keys.current,
        origin=new.origin,
        opened_at=min(new.opened_at or moment, moment),
        registered_at=moment,
        from_abroad=new.from_abroad,
        beyond_province=new.beyond_province,
        marginal_note=new.marginal_note,
    )
    return Case(
        **columns,
        tracking_code=codes[0],
        county=new.county,
        agency=new.agency,
        subject=new.subject,
        complained_unit=new.complained_unit,
        text=new.text,
    )


async def _applicant(session: AsyncSession, bridge: Bridge, new: NewCase) -> UUID:
    try:
        who = close_identity(bridge.keys, bridge.lookup_key, new.identifier_kind, new.identifier)
    except (InvalidIdentifier, ValueError):
        raise Problem("invalid_request", errors=[("identifier", "identifier_invalid")]) from None
    return await applicant_of(session, who)


def _check_unit(unit: str, case: Case, land: Country) -> None:
    if rules.barred(unit, case.complained_unit):
        raise Problem("unit_barred")
    refusal = rules.may_register(unit, case.subject, land, facts_of(case))
    if refusal is not None:
        raise refused(refusal, case.subject)


async def _tell(session: AsyncSession, case: Case, actor: str, unit: str | None) -> None:
    """History, audit, event and message, as for a case that comes by the line."""
    told = {"channel": case.channel, "origin": case.origin} | ({"unit": unit} if unit else {})
    await history.add(session, case.id, "registered", actor, **told)
    await audit.write(session, actor, "case_registered", "case", case.id, detail=told)
    facts = {"kind": case.kind, "province": case.province, "owner_unit": case.owner_unit, "actor": actor}
    await events.add(session, events.event("case.registered", case_id=case.id, action="registered", **facts))
    values = {"unit": case.owner_unit, "due_at": to_text(case.due_at) if case.due_at else None}
    await notify_applicant(session, case.id, "registered", values)
