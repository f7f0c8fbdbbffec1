"""Changes of the outside SAMAD that could not be applied: kept whole until somebody has decided about them.

One that can't be read, or that the life of its case forbids, stops none of those behind it. Told again so
that it fits, it is applied and stands here no more; until then one may look again, or set it aside for good.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases.models import Case
from casebridge.crypto import KeyRing
from casebridge.database import insert_into
from casebridge.links import receiving
from casebridge.links.fan_out import SAMAD
from casebridge.links.models import ChangeAside, LinkedCase, ReceivedChange, not_ours
from casebridge.links.samad.interface import Unreadable
from casebridge.links.samad.mapping import SamadMapping
from casebridge.links.samad.outside import change_of
from casebridge.links.schemas import AsideState, AsideView, SamadChange
from casebridge.problems import Problem
from casebridge.tables import new_id
from line111.clock import now
from persian.identifiers import mask_identifier

UNREADABLE: Final = "unreadable"
FAILED: Final = "failed"
"""An error here, not theirs."""
FITS: Final = frozenset({"applied", "known"})
MOST_SHOWN: Final = 50
LONGEST_SHOWN: Final = 4000
"""Characters of a change that are shown; it is kept whole."""
_LONG_NUMBER: Final = re.compile(r"\d{8,}")
Cases = dict[str, tuple[UUID, str | None]]
"""Cases here, each with its tracking code, by their names over there."""
log = structlog.get_logger("casebridge.links")


async def take(session: AsyncSession, keys: KeyRing, change: SamadChange | Unreadable) -> str:
    """Applies a change, or sets it aside with the same commit; returns its outcome."""
    if isinstance(change, Unreadable):
        await put(session, keys, change, UNREADABLE, change.unread)
        return UNREADABLE
    outcome = await receiving.take_change(session, change)
    stored = await session.get_one(ReceivedChange, (SAMAD, change.id))
    if stored.outcome in FITS:
        await session.execute(
            delete(ChangeAside).where(ChangeAside.source == SAMAD, ChangeAside.mark == _mark(change))
        )
    else:
        await put(session, keys, change, stored.outcome)
    return outcome


async def put(
    session: AsyncSession,
    keys: KeyRing,
    change: SamadChange | Unreadable,
    reason: str,
    detail: str | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Sets a change aside and raises the alarm; one that was told and set aside before stays as it is.

    One that names no case of ours raises none: a feed of all cases over there is full of them.

    Args:
        at: Since when it is so; None: now.
    """
    row_id, mark = new_id(), _mark(change)
    row = {
        "id": row_id,
        "source": SAMAD,
        "mark": mark,
        "content": keys.encrypt(_written(change), f"change:{row_id}"),
        "key_number": keys.current,
        "reason": reason,
        "detail": detail[:300] if detail else None,
        "state": AsideState.ASIDE.value,
        "at": at or now(),
    }
    done = await session.execute(insert_into(session, ChangeAside).values(row).on_conflict_do_nothing())
    if getattr(done, "rowcount", 0):
        alarm = log.warning if reason == receiving.UNKNOWN_CASE else log.error
        alarm("change_set_aside", change=mark, reason=reason, detail=detail)


async def look_again(
    session: AsyncSession, keys: KeyRing, mapping: SamadMapping | None, aside_id: UUID, actor: str
) -> str:
    """Tries a change once more, read by today's mapping; returns its outcome. What fits is here no more.

    Raises Problem `not_found` (somebody was quicker).
    """
    row = await _locked(session, aside_id)
    change = _read(keys, mapping, row)
    if isinstance(change, Unreadable):
        outcome, detail = UNREADABLE, change.unread
    else:
        outcome, detail = await receiving.take_change(session, change, again=True), None
    told = {"change": row.mark, "outcome": outcome}
    await audit.write(session, actor, "change_looked_at", "change", aside_id, detail=told)
    await session.delete(row)
    await session.flush()
    if outcome not in FITS:
        await put(session, keys, change, outcome, detail, at=row.at)
    return outcome


async def drop(session: AsyncSession, aside_id: UUID, actor: str) -> None:
    """Sets a change aside for good. Raises Problem `not_found` (somebody was quicker)."""
    row = await _locked(session, aside_id)
    if row.state != AsideState.ASIDE:
        raise Problem("not_found")
    row.state, row.ended_at = AsideState.DROPPED.value, now()
    told = {"change": row.mark, "reason": row.reason}
    await audit.write(session, actor, "change_dropped", "change", aside_id, detail=told)


async def list_aside(session: AsyncSession, keys: KeyRing, state: AsideState) -> list[AsideView]:
    """The oldest of the changes that are set aside: as these are decided about, the next ones come up.

    Those that name no case of ours stand last, for there may be very many.
    """
    rows = await session.scalars(
        select(ChangeAside)
        .where(ChangeAside.state == state.value)
        .order_by(not_ours(), ChangeAside.id)
        .limit(MOST_SHOWN)
    )
    found = [(row, json.loads(_opened(keys, row))) for row in rows]
    named = {row.id: str(item["reference"]) for row, item in found if row.reason != UNREADABLE}
    cases = await _cases(session, set(named.values()))
    return [_view(row, item, named.get(row.id), cases) for row, item in found]


def _view(row: ChangeAside, item: Any, reference: str | None, cases: Cases) -> AsideView:
    case_id, tracking_code = cases.get(reference or "", (None, None))
    return AsideView(
        id=row.id,
        change_id=_id_in(row),
        reference=reference,
        case_id=case_id,
        tracking_code=tracking_code,
        reason=row.reason,
        detail=row.detail,
        content=_shown(item),
        state=AsideState(row.state),
        at=row.at,
    )


async def _cases(session: AsyncSession, references: set[str]) -> Cases:
    rows = await session.execute(
        select(LinkedCase.reference, Case.id, Case.tracking_code, Case.told_code)
        .join(Case, Case.id == LinkedCase.case_id)
        .where(LinkedCase.target == SAMAD, LinkedCase.reference.in_(references))
    )
    return {str(name): (case_id, own or told) for name, case_id, own, told in rows}


async def _locked(session: AsyncSession, aside_id: UUID) -> ChangeAside:
    row = await session.get(ChangeAside, aside_id, with_for_update=True)
    if row is None:
        raise Problem("not_found")
    return row


def _mark(change: SamadChange | Unreadable) -> str:
    if change.id is not None:
        return f"id:{change.id}"
    return f"sha256:{hashlib.sha256(_written(change)).hexdigest()}"


def _written(change: SamadChange | Unreadable) -> bytes:
    """Whole, and in ASCII alone: what came may hold halves of characters that no other coding takes."""
    item = change.item if isinstance(change, Unreadable) else change.model_dump(mode="json")
    return json.dumps(item, sort_keys=True).encode("ascii")


def _opened(keys: KeyRing, row: ChangeAside) -> bytes:
    return keys.decrypt(row.content, f"change:{row.id}")


def _read(keys: KeyRing, mapping: SamadMapping | None, row: ChangeAside) -> SamadChange | Unreadable:
    item = json.loads(_opened(keys, row))
    if row.reason != UNREADABLE:
        return SamadChange.model_validate(item)
    if mapping is None or mapping.changes is None:
        return Unreadable(item, row.detail or "", _id_in(row))
    return change_of(mapping, item)


def _id_in(row: ChangeAside) -> str | None:
    kind, _, name = row.mark.partition(":")
    return name if kind == "id" else None


def _shown(item: Any) -> str:
    """A change as people may see it: long numbers, which may be persons', are masked."""
    if isinstance(item, dict):
        item = {name: value for name, value in item.items() if value is not None}
    text = json.dumps(item, ensure_ascii=False, indent=1).encode(errors="replace").decode()
    return _LONG_NUMBER.sub(lambda found: mask_identifier(found[0]), text)[:LONGEST_SHOWN]
