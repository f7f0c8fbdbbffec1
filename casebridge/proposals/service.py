"""Proposing subject, agency and kind of a case; confirming what a person found right.

The model works in a thread of its own and only when somebody asks: intakes never wait for it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.problems import Problem
from casebridge.proposals.rules import NotLearned, readable
from casebridge.proposals.schemas import Alternative, Confirmation, Proposal, Proposed, Reason
from casebridge.referrals import service as referrals
from casebridge.referrals.rules import Decision
from casebridge.search.sources import said_in

if TYPE_CHECKING:
    from casebridge.proposals.reading import Reading

NOTHING_SAID = Proposal(has_text=False, subject=None, kind=None, agency=None)


async def propose_for(session: AsyncSession, folder: Path, case_id: UUID) -> Proposal:
    """What a case seems to be about, by its text and transcripts.

    Raises Problem `not_found`, `proposals_not_ready`.
    """
    if await session.get(Case, case_id) is None:
        raise Problem("not_found")
    return await propose(session, folder, await said_in(session, case_id))


async def propose(session: AsyncSession, folder: Path, texts: list[str]) -> Proposal:
    """What these texts seem to be about. Raises Problem `proposals_not_ready`."""
    text = readable(texts)
    if text is None:
        return NOTHING_SAID
    known = await country(session)
    try:
        return await asyncio.to_thread(_read, folder, text, known)
    except NotLearned as error:
        raise Problem("proposals_not_ready", headers={"Retry-After": "60"}) from error


async def confirm(
    session: AsyncSession, case_id: UUID, found: Confirmation, actor: str, *, unit: str | None = None
) -> Decision:
    """Classifies a case as a person found it right, for a unit; returns where it then belongs.

    With a subject goes the agency that leads in it.
    Raises Problem as `referrals.service.classify` does.
    """
    changes: dict[str, str] = {}
    if found.kind is not None:
        changes["kind"] = found.kind.value
    if found.subject is not None:
        changes["subject"] = found.subject
        agency = (await country(session)).competent(found.subject)
        changes |= {"agency": agency} if agency else {}
    return await referrals.classify(session, case_id, changes, actor, unit=unit, seen=found.version)


def _read(folder: Path, text: str, known: Country) -> Proposal:
    # Imported with the first question: scikit-learn would be a third of the time a bridge takes to start.
    from casebridge.proposals.model import model_at
    from casebridge.proposals.reading import read_kind, read_subject

    model = model_at(folder)
    subject = read_subject(model, text, lambda code: known.subject(code) is not None)
    kind = read_kind(model, text)
    agency = known.competent(subject.chosen.code) if subject else None
    return Proposal(has_text=True, subject=_proposed(subject), kind=_proposed(kind), agency=agency)


def _proposed(reading: Reading | None) -> Proposed | None:
    if reading is None:
        return None
    chosen = reading.chosen
    return Proposed(
        code=chosen.code,
        confidence=round(chosen.confidence, 3),
        reasons=[Reason(word=word, share=round(share, 3)) for word, share in reading.reasons],
        alternatives=[Alternative(code=code, confidence=round(p, 3)) for code, p in chosen.alternatives],
    )
