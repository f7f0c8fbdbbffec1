"""The president's marginal notes (4-25): text, author and day, kept in the history by the Centre alone."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.cases import history
from casebridge.cases.life import Action
from casebridge.cases.steps import locked, take_step
from casebridge.country.units import CENTRE
from casebridge.problems import Problem
from casebridge.referrals.schemas import MarginalNote

MARGINAL = "marginal_note"


def check_may_mark(changed: Collection[str], unit: str | None) -> None:
    """Raises Problem `not_allowed` where a unit other than the Centre says that there is such a note."""
    if MARGINAL in changed and unit not in (None, CENTRE):
        raise Problem("not_allowed")


async def note_marginal(session: AsyncSession, case_id: UUID, note: MarginalNote, *, actor: str) -> None:
    """Keeps a note, and marks the case by it. Raises Problem `not_found`, `case_moved_on`, `status_step`."""
    case = await locked(session, case_id, note.version)
    mark = {MARGINAL: {"from": case.marginal_note, "to": True}}
    case.marginal_note = True
    await take_step(session, case, Action.CLASSIFIED, actor, detail=mark)
    kept = {"note": note.text, "author": note.author, "written_on": note.written_on.isoformat()}
    await history.add(session, case_id, MARGINAL, actor, **kept)
    await audit.write(session, actor, "case_marginal_note", "case", case_id)
