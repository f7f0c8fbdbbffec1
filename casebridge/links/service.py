"""Looking at deliveries, sending dead letters again, passing a case to another centre."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases import history
from casebridge.cases.models import Case
from casebridge.events import service as events
from casebridge.links.fan_out import CENTRE
from casebridge.links.models import ChangeAside, Delivery, LinkedCase, ReceivedChange, not_ours
from casebridge.links.schemas import DeliveryPage, DeliveryState, DeliveryView
from casebridge.paging import Cursors
from casebridge.problems import Problem
from line111.clock import now

KEPT = timedelta(days=90)
"""So long delivered rows and the ids of received changes are kept; a neighbour repeats nothing older."""


async def list_deliveries(
    session: AsyncSession,
    cursors: Cursors,
    *,
    state: DeliveryState | None = None,
    target: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> DeliveryPage:
    """A page of deliveries, the newest first. Raises Problem naming `cursor` where it is none of it."""
    query = (
        select(Delivery, Case.tracking_code, Case.told_code)
        .join(Case, Case.id == Delivery.case_id)
        .order_by(Delivery.id.desc())
        .limit(limit + 1)
    )
    if state is not None:
        query = query.where(Delivery.state == state.value)
    if target:
        query = query.where(Delivery.target == target)
    if cursor:
        query = query.where(Delivery.id < _id(cursors.read("deliveries", cursor)[0]))
    rows = list((await session.execute(query)).all())
    rows, following = cursors.cut("deliveries", rows, limit, lambda row: [str(row[0].id)])
    return DeliveryPage(items=[_view(row, own or told) for row, own, told in rows], next_cursor=following)


async def resend(session: AsyncSession, delivery_id: UUID, actor: str) -> None:
    """Puts a dead letter (or a dropped one) back among those that wait, for another full try.

    Raises Problem `not_found`, `delivery_not_dead`.
    """
    row = await _locked(session, delivery_id)
    if row.state not in {"dead", "dropped"}:
        raise Problem("delivery_not_dead")
    moment = now()
    row.state, row.ended_at, row.next_at, row.taken_until = "waiting", None, moment, None
    row.created_at = moment  # the time after which it is given up begins anew
    await audit.write(session, actor, "delivery_resent", "delivery", delivery_id, detail=_told(row))


async def resend_all(session: AsyncSession, target: str, actor: str) -> int:
    """Puts all dead letters of a neighbour back; returns how many."""
    moment = now()
    done = await session.execute(
        update(Delivery)
        .where(Delivery.target == target, Delivery.state == "dead")
        .values(state="waiting", ended_at=None, next_at=moment, taken_until=None, created_at=moment)
        .execution_options(synchronize_session=False)
    )
    count = int(getattr(done, "rowcount", 0))
    if count:
        await audit.write(session, actor, "delivery_resent", "target", target, detail={"count": count})
    return count


async def drop(session: AsyncSession, delivery_id: UUID, actor: str) -> None:
    """Decides that a dead letter need not be delivered. Raises Problem `not_found`, `delivery_not_dead`."""
    row = await _locked(session, delivery_id)
    if row.state != "dead":
        raise Problem("delivery_not_dead")
    row.state = "dropped"
    await audit.write(session, actor, "delivery_dropped", "delivery", delivery_id, detail=_told(row))


async def pass_case(
    session: AsyncSession, case_id: UUID, centre: str, actor: str, *, note: str | None = None
) -> None:
    """Gives a case to another centre, which works on it; its answers come back (article 6-5).

    The case stays ours too: the applicant follows it up here, and accepts or objects here.

    Raises Problem `not_found`, `passed_already`.
    """
    case = await session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise Problem("not_found")
    target = CENTRE + centre
    if await session.get(LinkedCase, (target, case_id)) is not None:
        raise Problem("passed_already")
    session.add(LinkedCase(target=target, case_id=case_id, direction="out", reference=None, at=now()))
    case.version += 1
    await history.add(session, case_id, "passed", actor, centre=centre, note=note)
    await audit.write(session, actor, "case_passed", "case", case_id, detail={"centre": centre})
    await events.add(
        session, events.event("case.passed", case_id=case_id, action="passed", centre=centre, note=note)
    )


async def centres_of(session: AsyncSession, case_id: UUID) -> dict[str, str]:
    """Other centres that have a case too, each with how it went: `out`, or `in` where it came from there."""
    found = await links_of(session, case_id)
    return {one.target.removeprefix(CENTRE): one.direction for one in found if one.target.startswith(CENTRE)}


async def links_of(session: AsyncSession, case_id: UUID) -> list[LinkedCase]:
    """Neighbours who know a case."""
    return list(await session.scalars(select(LinkedCase).where(LinkedCase.case_id == case_id)))


async def forget_old(session: AsyncSession) -> None:
    """Removes what was delivered or received so long ago that nobody asks any more."""
    before = now() - KEPT
    await session.execute(
        delete(Delivery).where(Delivery.state.in_(("delivered", "dropped")), Delivery.ended_at < before)
    )
    await session.execute(delete(ReceivedChange).where(ReceivedChange.at < before))
    dropped = and_(ChangeAside.state == "dropped", ChangeAside.ended_at < before)
    long_unknown = and_(not_ours(), ChangeAside.at < before)
    await session.execute(delete(ChangeAside).where(or_(dropped, long_unknown)))


async def _locked(session: AsyncSession, delivery_id: UUID) -> Delivery:
    row = await session.get(Delivery, delivery_id, with_for_update=True)
    if row is None:
        raise Problem("not_found")
    return row


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Problem("invalid_request", errors=[("cursor", "cursor_invalid")]) from None


def _told(row: Delivery) -> dict[str, str]:
    return {"target": row.target, "action": row.action, "case_id": str(row.case_id)}


def _view(row: Delivery, tracking_code: str | None) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        target=row.target,
        case_id=row.case_id,
        tracking_code=tracking_code,
        action=row.action,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        next_at=row.next_at,
        ended_at=row.ended_at,
    )
