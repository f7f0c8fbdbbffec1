"""Who may see which case: applied to every way to a case, deny by default.

Lists are narrowed by `visible`; everything with a case or recording in its path goes through `within_sight`.
What is not in sight does not exist for the one who asks: the answer is 404.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.bridge import Bridge, get_bridge
from casebridge.cartables.models import Delegation
from casebridge.cartables.rules import (
    WHOLE_CENTRE,
    Act,
    Acting,
    Sight,
    acts_for_centre,
    everybody_above,
    may_act,
    may_see,
)
from casebridge.cartables.supervision import Place, conditions, may_supervise
from casebridge.cases.models import Case
from casebridge.country import units
from casebridge.country.models import MembershipRow
from casebridge.country.schemas import Position
from casebridge.country.service import memberships_of
from casebridge.country.units import CENTRE
from casebridge.people import service as people
from casebridge.people.access import COOKIE, current_principal
from casebridge.people.models import Account
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.referrals.models import Referral
from line111.clock import now


async def sight_of(session: AsyncSession, who: Principal) -> Sight:
    """How far somebody sees: by their units, by what was delegated to them, and by their role."""
    if who.kind != "person":
        return Sight(everything=True)
    if who.account_id is None:
        return Sight()
    held_units = await memberships_of(session, who.account_id)
    own = frozenset(member.unit_code for member in held_units)
    lent = await _lent(session, who.account_id)
    as_deputy = [member.unit_code for member in held_units if member.position is Position.DEPUTY]
    is_ours = bool(who.roles & WHOLE_CENTRE)
    as_well = _deputies(as_deputy) | ({CENTRE} if is_ours else set())
    return Sight(is_ours, own, tuple(_acting(*one) for one in lent), as_well, who.account_id)


def _deputies(held: Iterable[str]) -> frozenset[str]:
    """The deputies' units of those who hold these as deputies."""
    return frozenset(theirs for unit in held if (theirs := units.deputies(unit)))


def _acting(row: Delegation, position: str) -> Acting:
    not_about = _deputies([row.unit_code] if position == Position.DEPUTY else [])
    return Acting(row.unit_code, frozenset(row.actions), frozenset(row.kinds), not_about, row.from_account)


async def _lent(session: AsyncSession, account_id: UUID) -> list[tuple[Delegation, str]]:
    """Delegations to somebody that run, and as what the one who gave each holds the unit.

    Nobody gives what they do not have: a delegation ends with the office of the one who gave it.
    """
    moment = now()
    giver = and_(
        MembershipRow.account_id == Delegation.from_account,
        MembershipRow.unit_code == Delegation.unit_code,
    )
    found = await session.execute(
        select(Delegation, MembershipRow.position)
        .join(MembershipRow, giver)
        .join(Account, Account.id == Delegation.from_account)
        .where(
            Delegation.to_account == account_id,
            Delegation.revoked_at.is_(None),
            Delegation.from_at <= moment,
            Delegation.until_at > moment,
            Account.disabled_at.is_(None),
        )
    )
    return [(row, position) for row, position in found]


def visible(query: Select[Any], sight: Sight) -> Select[Any]:
    """A query about cases, narrowed to those within sight."""
    if not sight.everything:
        return _within(query, sight, _been_with, *conditions(sight))
    return query if sight.account is None else query.where(_about_others(sight))


def counted_for(sight: Sight) -> Callable[[Select[Any]], Select[Any]]:
    """Narrows counts of cases to what somebody supervises; the line's own people count all of them.

    Raises Problem `not_allowed` for who supervises nothing.
    """
    if sight.everything:
        return lambda query: query
    places = conditions(sight)
    if not places:
        raise Problem("not_allowed")
    return lambda query: query.where(or_(*places), _about_others(sight))


def held(query: Select[Any], sight: Sight) -> Select[Any]:
    """A query about cases, narrowed to those within sight that are with one's units now."""
    return _within(query, sight, Case.owner_unit.in_)


def _within(
    query: Select[Any],
    sight: Sight,
    are_with: Callable[[list[str]], ColumnElement[bool]],
    *as_well: ColumnElement[bool],
) -> Select[Any]:
    within = [are_with(sorted(sight.own))]
    within += [and_(are_with([one.unit]), *_reached(one)) for one in sight.acting]
    return query.where(or_(*within, *as_well), _about_others(sight))


def _reached(one: Acting) -> list[ColumnElement[bool]]:
    """`Acting.reaches` as conditions."""
    found = [_is_none_of(Case.complained_unit, one.not_about | everybody_above(one.unit))]
    found += [_is_none_of(Case.complained_account, {one.giver})]
    return found + ([Case.kind.in_(sorted(one.kinds))] if one.kinds else [])


def _about_others(sight: Sight) -> ColumnElement[bool]:
    """The opposite of `Sight.is_about_them` as a condition."""
    return and_(
        _is_none_of(Case.complained_unit, sight.not_about),
        _is_none_of(Case.complained_account, {sight.account}),
    )


def _is_none_of(column: Any, kept_out: Collection[Any]) -> ColumnElement[bool]:
    return or_(column.is_(None), column.not_in(sorted(one for one in kept_out if one is not None)))


def _been_with(units: list[str]) -> ColumnElement[bool]:
    passed = exists().where(
        Referral.case_id == Case.id, or_(Referral.to_unit.in_(units), Referral.from_unit.in_(units))
    )
    return or_(Case.owner_unit.in_(units), passed)


def narrowed_to(sight: Sight) -> Callable[[Select[Any]], Select[Any]]:
    """`visible` for one sight, as lists take it."""
    return lambda query: visible(query, sight)


async def check_case(session: AsyncSession, who: Principal, case_id: UUID) -> Case:
    """The case. Raises Problem `not_found` where it is not within sight."""
    return (await _case_and_place_in_it(session, who, case_id))[0]


async def check_worked_on(session: AsyncSession, who: Principal, case_id: UUID) -> None:
    """Raises Problem `not_found`; `not_allowed` for who sees the case only because they supervise."""
    if not (await _case_and_place_in_it(session, who, case_id))[1]:
        raise Problem("not_allowed")


async def note_look(bridge: Bridge, who: Principal, case_id: UUID, address: str | None) -> bool:
    """Who looks at a case only because they supervise stands in the audit trail with it; whether they do.

    Raises Problem `not_found`.
    """
    async with bridge.database.reading() as session:
        if (await _case_and_place_in_it(session, who, case_id))[1]:
            return False
    async with bridge.database.writing() as session:
        await audit.write(session, who.actor, "case_supervised", "case", case_id, address=address)
    return True


async def _case_and_place_in_it(session: AsyncSession, who: Principal, case_id: UUID) -> tuple[Case, bool]:
    """A case within sight, and whether it is or was with them; otherwise they only supervise."""
    sight = await sight_of(session, who)
    case = await session.get(Case, case_id)
    if case is None:
        raise Problem("not_found")
    rows = await session.execute(
        select(Referral.from_unit, Referral.to_unit).where(Referral.case_id == case_id)
    )
    passed = [unit for row in rows for unit in row if unit]
    about = (case.complained_unit, case.kind, case.complained_account)
    if may_see(sight, case.owner_unit, passed, *about):
        return case, True
    place = Place(case.province, case.county, case.agency)
    theirs = may_supervise(sight, case.owner_unit, place, case.complained_unit, case.kind)
    if not theirs or sight.is_about_them(case.complained_unit, case.complained_account):
        raise Problem("not_found")
    return case, False


def asked_of(case: Case) -> tuple[str, str, str | None, UUID | None]:
    """What `may_act` and `acts_for_centre` ask of a case."""
    return case.owner_unit, case.kind, case.complained_unit, case.complained_account


async def acting_unit(session: AsyncSession, who: Principal, case_id: UUID, act: Act) -> str | None:
    """The unit in whose name somebody acts on a case; None: the line's own people, for the Centre.

    Raises Problem `not_found` (not in sight), `not_yours`.
    """
    sight = await sight_of(session, who)
    case = await check_case(session, who, case_id)
    if sight.everything:
        return None
    if not may_act(sight, act, *asked_of(case)):
        raise Problem("not_yours")
    return case.owner_unit


async def check_centre(session: AsyncSession, who: Principal, case_id: UUID) -> None:
    """Raises Problem `not_found` (not in sight), `not_allowed` for who does not act for the Centre (9-1)."""
    case = await check_case(session, who, case_id)
    sight = await sight_of(session, who)
    if not acts_for_centre(who.roles, sight, *asked_of(case)):
        raise Problem("not_allowed")


async def check_path(bridge: Bridge, who: Principal, path: dict[str, Any]) -> None:
    """Raises Problem `not_found` where the case or recording a path names is not within sight."""
    case_id, recording_id = path.get("case_id"), path.get("recording_id")
    if who.kind != "person" or not (case_id or recording_id):
        return
    try:
        wanted = UUID(str(case_id or recording_id))
    except ValueError:
        raise Problem("not_found") from None
    async with bridge.database.reading() as session:
        if not case_id:
            of = select(RecordingRow.case_id).where(RecordingRow.id == wanted)
            found = await session.scalar(of)
            if found is None:
                raise Problem("not_found")
            wanted = found
        await check_case(session, who, wanted)


async def within_sight(request: Request, bridge: Annotated[Bridge, Depends(get_bridge)]) -> None:
    """A dependency of the whole API and of all screens: whatever case or recording a path names, a person
    gets no further where it is not within their sight. Services and strangers are the routes' matter.

    The session alone says that somebody is a person: the screens look at nothing else, so no other header
    may make one pass for a service here."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return
    if not {"case_id", "recording_id"} & request.path_params.keys():
        return
    async with bridge.database.reading() as session:
        who = await people.person_of(session, token)
    if who is not None:
        await check_path(bridge, who, request.path_params)


async def sight(
    bridge: Annotated[Bridge, Depends(get_bridge)],
    who: Annotated[Principal, Depends(current_principal)],
) -> Sight:
    """A dependency of lists: how far the one who asks sees."""
    async with bridge.database.reading() as session:
        return await sight_of(session, who)
