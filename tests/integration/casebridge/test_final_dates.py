"""Deadlines bind: passing a case on does not push its final date out, and all that waits has a date."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from casebridge.answers import service as answers
from casebridge.answers.models import AnswerRow
from casebridge.cartables.schemas import Tab
from casebridge.cases.models import Case
from casebridge.deadlines import running
from casebridge.deadlines import service as deadlines
from casebridge.referrals import overdue
from casebridge.referrals import service as referrals
from line111.clock import now
from tests.integration.casebridge.test_deadlines import lists, set_due
from tests.integration.casebridge.test_way import DESK, GOVERNOR, case_of, opened, told

OTHER = "county/2301/desk"


@pytest.fixture
async def api(on_sqlite: Callable[[], Any], run_bridge: Callable[..., Any]) -> AsyncIterator[Any]:
    async with run_bridge(on_sqlite()) as made:
        yield made


async def registered_before(api: Any, case_id: UUID, **span: float) -> None:
    async with api.bridge.database.writing() as session:
        at = now() - timedelta(**span)
        await session.execute(update(Case).where(Case.id == case_id).values(registered_at=at))


async def refer(api: Any, case_id: UUID, unit: str, to_unit: str, reason: str = "competence") -> None:
    async with api.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=to_unit, actor="t", unit=unit, reason=reason)


async def test_no_referral_there_and_back_pushes_the_final_date_out(api: Any) -> None:
    case_id = await opened(api, kind="request")
    async with api.bridge.database.reading() as session:
        case = await session.get_one(Case, case_id)
        final = await running.final_due(session, case)
        assert final > await deadlines.answer_due(session, case)
    await registered_before(api, case_id, days=20)
    async with api.bridge.database.reading() as session:
        final = await running.final_due(session, await session.get_one(Case, case_id))
    await set_due(api, case_id, timedelta(minutes=30))
    latest = max(final, now() + timedelta(minutes=30))
    for unit, to_unit in ((DESK, OTHER), (OTHER, DESK), (DESK, OTHER)):
        await refer(api, case_id, unit, to_unit, "not_ours")
        due = (await case_of(api, case_id)).due_at
        assert due is not None
        assert due <= latest
    async with api.bridge.database.writing() as session:
        await referrals.withdraw(session, case_id, unit=DESK, actor="t")
    due = (await case_of(api, case_id)).due_at
    assert due is not None
    assert due <= latest


async def test_what_passes_its_final_date_goes_to_the_centre_itself(api: Any) -> None:
    case_id = await opened(api, kind="request")
    await registered_before(api, case_id, days=90)
    await set_due(api, case_id, timedelta(minutes=-5))
    await overdue.sweep(api.bridge.database)
    case = await case_of(api, case_id)
    assert case.owner_unit == "centre"
    async with api.bridge.database.writing() as session:
        await session.execute(update(Case).where(Case.id == case_id).values(due_at=now()))
    async with api.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=GOVERNOR, actor="t")
    case = await case_of(api, case_id)
    assert case.due_at is not None
    assert now() < case.due_at < now() + timedelta(days=10), "a working day, over whatever holidays"


async def test_a_question_lets_the_units_time_stand_still_and_gives_none(api: Any) -> None:
    case_id = await opened(api, kind="request")
    async with api.bridge.database.reading() as session:
        tomorrow = await deadlines.working_days_from(session, now(), 1)
    await set_due(api, case_id, tomorrow - now())
    for _ in range(2):
        async with api.bridge.database.writing() as session:
            await referrals.ask_applicant(session, case_id, unit=DESK, actor="t", text="کجا؟")
            await referrals.supplied(session, case_id, unit=DESK, actor="t")
    due = (await case_of(api, case_id)).due_at
    assert due is not None
    assert abs(due - tomorrow) < timedelta(minutes=5)


async def test_another_kind_or_level_has_another_deadline_from_the_same_beginning(api: Any) -> None:
    case_id = await opened(api, kind="guidance")
    before = (await case_of(api, case_id)).due_at
    async with api.bridge.database.writing() as session:
        await referrals.classify(session, case_id, {"kind": "idea", "level": "national"}, "t")
    case = await case_of(api, case_id)
    async with api.bridge.database.reading() as session:
        assert case.due_at == await deadlines.answer_due(session, case)
    assert before is not None
    assert case.due_at is not None
    assert case.due_at > before
    async with api.bridge.database.writing() as session:
        await referrals.classify(session, case_id, {"kind": "guidance", "level": "province"}, "t")
    assert (await case_of(api, case_id)).due_at == before


async def test_a_case_objected_to_twice_has_a_date_is_reminded_of_and_late(api: Any) -> None:
    case_id = await opened(api, kind="request")
    for _ in range(2):
        async with api.bridge.database.writing() as session:
            await answers.answer(session, case_id, unit=None, actor="t", text="پاسخ", language="fa")
            await answers.decide(session, case_id, accepted=False, by="phone")
    case = await case_of(api, case_id)
    assert (case.status, case.owner_unit) == ("objected", "centre")
    async with api.bridge.database.reading() as session:
        assert case.due_at == await deadlines.session_due(session)
    async with api.bridge.database.writing() as session:
        await session.execute(update(Case).where(Case.id == case_id).values(owner_unit=DESK))
    await set_due(api, case_id, timedelta(minutes=5))
    assert (await lists(api))[Tab.DUE_SOON] == 1
    await overdue.sweep(api.bridge.database)
    assert (await told(api, case_id, "unit"))[-1] == "reminder"
    await set_due(api, case_id, timedelta(minutes=-5))
    counts = await lists(api)
    assert (counts[Tab.REVIEW], counts[Tab.OVERDUE]) == (1, 1)


async def test_an_answer_accepted_late_is_kept_open_for_all_its_days(api: Any) -> None:
    case_id = await opened(api, kind="request")
    long_ago = now() - timedelta(days=90)
    async with api.bridge.database.writing() as session:
        await answers.answer(session, case_id, unit=DESK, actor="t", text="پاسخ", language="fa")
        await session.execute(update(Case).where(Case.id == case_id).values(answered_at=long_ago))
        await session.execute(update(AnswerRow).values(at=long_ago))
    async with api.bridge.database.writing() as session:
        assert await answers.decide(session, case_id, accepted=True, by="phone") == "accepted"
    await overdue.sweep(api.bridge.database)
    assert (await case_of(api, case_id)).status == "accepted"
    async with api.bridge.database.writing() as session:
        await session.execute(update(AnswerRow).values(decided_at=long_ago))
    await overdue.sweep(api.bridge.database)
    assert (await case_of(api, case_id)).status == "closed"
