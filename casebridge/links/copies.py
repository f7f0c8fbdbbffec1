"""A case as a neighbour gets it, read when it is sent: never older than what it tells of."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.cases.models import Case
from casebridge.cases.numbers import number_to_call, open_numbers
from casebridge.country.service import country
from casebridge.crypto import KeyRing
from casebridge.links.models import Delivery, LinkedCase
from casebridge.links.recordings import service as recordings
from casebridge.links.samad.interface import Identity, NeighbourRefuses, Step
from casebridge.links.schemas import AnswerCopy, CaseCopy
from casebridge.transcripts.models import TranscriptRow

NAMED: Final = ("province", "county", "agency", "subject", "complained_unit")
"""Fields of a case that are codes of a country."""


async def read_step(session: AsyncSession, keys: KeyRing, delivery: Delivery) -> Step:
    """All a neighbour must know of a step, the applicant's identity in clear.

    Raises NeighbourRefuses where the case is gone.
    """
    case, applicant = await case_and_applicant(session, delivery.case_id)
    link = await session.get(LinkedCase, (delivery.target, case.id))
    note = delivery.detail.get("note")
    copy = await copy_case(session, case)
    along = await recordings.list_for(session, link, copy.answer.id if copy.answer else None)
    return Step(
        id=delivery.id,
        action=delivery.action,
        at=delivery.created_at,
        case=copy,
        identity=Identity(
            applicant.identifier_kind,
            open_identifier(keys, applicant.id, applicant.identifier),
            number_to_call(keys, case),
            open_numbers(keys, case).get("email"),
        ),
        reference=link.reference if link else None,
        note=note if isinstance(note, str) else None,
        detail=delivery.detail,
        recordings=tuple(along),
    )


async def case_and_applicant(session: AsyncSession, case_id: UUID) -> tuple[Case, Applicant]:
    """A case with who brought it. Raises NeighbourRefuses where there is none."""
    found = (
        await session.execute(
            select(Case, Applicant)
            .join(Applicant, Applicant.id == Case.applicant_id)
            .where(Case.id == case_id)
        )
    ).first()
    if found is None:
        raise NeighbourRefuses("the case is gone")
    return found[0], found[1]


async def copy_case(session: AsyncSession, case: Case) -> CaseCopy:
    """What travels of a case. Nothing in it says who the applicant is but their own words."""
    answer = await session.scalar(
        select(AnswerRow).where(AnswerRow.case_id == case.id).order_by(AnswerRow.at.desc()).limit(1)
    )
    return CaseCopy(
        id=case.id,
        tracking_code=case.tracking_code or case.told_code,
        kind=case.kind,
        status=case.status,
        channel=case.channel,
        level=case.level,
        province=case.province,
        county=case.county,
        agency=case.agency,
        subject=case.subject,
        owner_unit=case.owner_unit,
        complained_unit=case.complained_unit,
        language=case.language,
        from_abroad=case.from_abroad,
        beyond_province=case.beyond_province,
        marginal_note=case.marginal_note,
        names=await _names(session, case),
        opened_at=case.opened_at,
        due_at=case.due_at,
        text=case.text or await _spoken(session, case.id),
        answer=_answer(answer, case) if answer else None,
        objection=answer.objection_text if answer else None,
    )


async def _names(session: AsyncSession, case: Case) -> dict[str, str]:
    """The words for those of a case's codes that another country may not have."""
    land = await country(session)
    codes = {name: getattr(case, name) for name in NAMED}
    return {name: land.name(code, case.language)[:200] for name, code in codes.items() if code}


def _answer(row: Any, case: Case) -> AnswerCopy:
    return AnswerCopy(
        id=row.id, kind=row.kind, text=row.text, language=row.language or case.language, at=row.at
    )


async def _spoken(session: AsyncSession, case_id: UUID) -> str | None:
    """What the applicant said, as far as it has been transcribed."""
    text = await session.scalar(
        select(TranscriptRow.text)
        .where(TranscriptRow.case_id == case_id, TranscriptRow.text != "")
        .order_by(TranscriptRow.recording_id)
        .limit(1)
    )
    return text[:20_000] if text else None
