"""What neighbours do to cases here, by the same services as everybody else's steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.applicants.models import Applicant
from casebridge.applicants.service import belongs_to
from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cases import history
from casebridge.cases.models import Case
from casebridge.cases.numbers import close_numbers
from casebridge.cases.schemas import Channel, Kind, Language, Level, Status
from casebridge.country.service import country
from casebridge.deadlines import service as deadlines
from casebridge.events import service as events
from casebridge.links.samad import Identity
from casebridge.notifications.service import notify_applicant
from casebridge.problems import Problem
from casebridge.referrals import service as referrals
from casebridge.referrals.rules import barred, first_owner
from casebridge.search.service import index_case
from casebridge.tables import new_id
from casebridge.tracking_codes import service as tracking_codes
from line111.clock import now, to_text
from persian.identifiers import InvalidIdentifier, check_identifier

log = structlog.get_logger("casebridge.links")


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case that comes from a neighbour."""

    case_id: UUID
    kind: Kind
    channel: Channel
    language: Language
    province: str | None
    county: str | None
    subject: str | None
    text: str | None
    identity: Identity
    opened_at: datetime
    from_abroad: bool = False
    complained_unit: str | None = None


async def open_case(session: AsyncSession, bridge: Bridge, new: NewCase, *, actor: str) -> Case:
    """Registers a case that came from a neighbour, under the id it came with, with a tracking code of ours.

    Raises Problem `invalid_request` naming `identifier` where the applicant has no valid one (article 5-3).
    """
    land, moment = await country(session), now()
    if new.complained_unit and land.unit(new.complained_unit) is None:
        raise Problem("invalid_request", errors=[("complained_unit", "not_in_country")])
    province = new.province if new.province and land.place(new.province) else None
    county = new.county if new.county and land.place(new.county) else None
    _, codes = await tracking_codes.lease(
        session, bridge.codes, node=bridge.settings.node, holder="bridge", count=1
    )
    numbers = {"contact_number": new.identity.contact_number, "caller_number": None}
    case = Case(
        id=new.case_id,
        tracking_code=codes[0],
        kind=new.kind.value,
        status=Status.REGISTERED.value,
        channel=new.channel.value,
        level=_level(province, county).value,
        province=province,
        county=county,
        subject=new.subject if new.subject and land.subject(new.subject) else None,
        complained_unit=new.complained_unit,
        from_abroad=new.from_abroad,
        language=new.language.value,
        applicant_id=await _applicant(session, bridge, new.identity),
        numbers=close_numbers(bridge.keys, new.case_id, numbers),
        key_number=bridge.keys.current,
        text=new.text,
        origin=actor.partition(":")[0],
        opened_at=min(new.opened_at, moment),
        registered_at=moment,
        version=1,
        owner_unit=first_owner(new.kind.value, province, county),
    )
    if case.owner_unit is None or barred(case.owner_unit, case.complained_unit):
        case.owner_unit = (await referrals.route_of(session, case)).unit
    session.add(case)
    await session.flush()
    case.due_at = await deadlines.answer_due(session, case)
    await index_case(session, case.id)
    await history.add(session, case.id, "registered", actor, origin=case.origin)
    await audit.write(session, actor, "case_registered", "case", case.id)
    await events.add(
        session,
        events.event(
            "case.registered",
            case_id=case.id,
            action="registered",
            kind=case.kind,
            province=case.province,
            owner_unit=case.owner_unit,
            actor=actor,
        ),
    )
    due = to_text(case.due_at) if case.due_at else None
    await notify_applicant(session, case.id, "registered", {"unit": case.owner_unit, "due_at": due})
    if case.subject or case.complained_unit or case.from_abroad:
        await referrals.send_on(session, case.id, actor=actor)
    return case


async def apply_answer(
    session: AsyncSession, case: Case, *, text: str, language: Language, kind: str, actor: str
) -> str:
    """Answers a case as the neighbour did: `applied`, or `refused` where its life here forbids it."""
    try:
        async with session.begin_nested():
            await answers.answer(
                session, case.id, unit=None, actor=actor, text=text, language=language.value, kind=kind
            )
    except Problem as problem:
        return _refused(case, "answer", problem)
    return "applied"


async def apply_decision(
    session: AsyncSession, case: Case, *, accepted: bool, text: str | None, actor: str
) -> str:
    """The applicant's word, given at the neighbour's: `applied`, or `known` where it is decided already."""
    try:
        async with session.begin_nested():
            decided = await answers.decide(
                session, case.id, accepted=accepted, by="link", text=text, actor=actor
            )
    except Problem as problem:
        return _refused(case, "decision", problem)
    return "known" if decided == "not_open" else "applied"


async def apply_status(
    session: AsyncSession, case: Case, *, status: str, note: str | None, actor: str
) -> str:
    """A state the case has come to over there, told without an answer in words.

    `applied`, `known`, or `refused` where no step leads to it from where the case is here.
    """
    if status == case.status:
        return "known"
    try:
        async with session.begin_nested():
            return await _come_to(session, case, status, note, actor)
    except Problem as problem:
        return _refused(case, "status", problem)


async def _come_to(session: AsyncSession, case: Case, status: str, note: str | None, actor: str) -> str:
    match status:
        case Status.IN_HAND:
            await referrals.take_in_hand(session, case.id, unit=None, actor=actor)
        case Status.WAITING_APPLICANT if note:
            await referrals.ask_applicant(session, case.id, unit=None, actor=actor, text=note)
        case Status.ACCEPTED:
            return await apply_decision(session, case, accepted=True, text=None, actor=actor)
        case Status.OBJECTED:
            return await apply_decision(session, case, accepted=False, text=note, actor=actor)
        case Status.CLOSED:
            await answers.close(session, case.id, unit=None, actor=actor, reason="samad", note=note)
        case _:
            log.warning("status_not_applied", case=str(case.id), status=status[:64], current=case.status)
            return "refused"
    return "applied"


async def _applicant(session: AsyncSession, bridge: Bridge, identity: Identity) -> UUID:
    """The applicant of this identifier, made where there is none yet."""
    try:
        digits = check_identifier(identity.kind, identity.identifier)
    except (InvalidIdentifier, ValueError):
        raise Problem("invalid_request", errors=[("identifier", "identifier_invalid")]) from None
    lookup, fresh = bridge.lookup(identity.kind, digits), new_id()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    await session.execute(
        insert(Applicant)
        .values(
            id=fresh,
            identifier_kind=identity.kind,
            lookup=lookup,
            identifier=bridge.keys.encrypt(digits.encode(), belongs_to(fresh)),
            key_number=bridge.keys.current,
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["lookup"])
    )
    found: UUID = (await session.scalars(select(Applicant.id).where(Applicant.lookup == lookup))).one()
    return found


def _level(province: str | None, county: str | None) -> Level:
    if county:
        return Level.COUNTY
    return Level.PROVINCE if province else Level.NATIONAL


def _refused(case: Case, what: str, problem: Problem) -> str:
    log.warning("change_not_applied", case=str(case.id), what=what, problem=problem.code, status=case.status)
    return "refused"
