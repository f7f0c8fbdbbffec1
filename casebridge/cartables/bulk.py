"""One step for many cases: each in a transaction of its own, each with its own result."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cartables.access import acting_unit
from casebridge.cartables.rules import Act
from casebridge.cartables.schemas import Bulk, BulkResult
from casebridge.cases.models import Case
from casebridge.database import Database
from casebridge.people.service import Principal
from casebridge.problems import Problem, catalogue
from casebridge.referrals import service as referrals


async def in_bulk(database: Database, who: Principal, wanted: Bulk, language: str) -> list[BulkResult]:
    """Does it case by case. What one case does not allow holds none of the others up."""
    return [
        await _one(database, who, wanted, case_id, language) for case_id in dict.fromkeys(wanted.case_ids)
    ]


async def _one(database: Database, who: Principal, wanted: Bulk, case_id: UUID, language: str) -> BulkResult:
    code = None
    try:
        async with database.writing() as session:
            unit = await acting_unit(session, who, case_id, wanted.act)
            found = await session.get(Case, case_id)
            code = found.tracking_code if found else None
            await _step(session, who, wanted, case_id, unit)
    except Problem as problem:
        detail = _words(problem, language)
        return BulkResult(case_id=case_id, tracking_code=code, problem=problem.code, detail=detail)
    return BulkResult(case_id=case_id, tracking_code=code, problem=None, detail="")


async def _step(session: AsyncSession, who: Principal, wanted: Bulk, case_id: UUID, unit: str | None) -> None:
    actor, text = who.actor, wanted.text or ""
    match wanted.act:
        case Act.TAKE:
            await referrals.take_in_hand(session, case_id, unit=unit, actor=actor)
        case Act.REFER:
            to_unit = wanted.to_unit or ""
            await referrals.refer(
                session,
                case_id,
                to_unit=to_unit,
                actor=actor,
                unit=unit,
                reason=wanted.reason,
                note=wanted.note,
            )
        case Act.ASK:
            await referrals.ask_applicant(session, case_id, unit=unit, actor=actor, text=text)
        case Act.ANSWER:
            language = wanted.language.value
            await answers.answer(session, case_id, unit=unit, actor=actor, text=text, language=language)
        case Act.SERVICE:
            await answers.record_service(session, case_id, unit=unit, actor=actor, what=text)


def _words(problem: Problem, language: str) -> str:
    """The problem as a sentence: that of the first wrong field where one is named."""
    texts = catalogue()
    if problem.errors:
        field = texts["field"]
        return str((field.get(problem.errors[0][1]) or field["invalid"])[language])
    detail = str(texts["problem"][problem.code][language]["detail"])
    return detail.format_map({name: str(value) for name, value in problem.values.items()})
