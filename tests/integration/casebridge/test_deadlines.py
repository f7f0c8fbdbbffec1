"""Deadlines from a case's first moment on, whose time it is, and lists that say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, update

from casebridge.answers import service as answers
from casebridge.cartables import overview, worklists
from casebridge.cartables.rules import Sight
from casebridge.cartables.schemas import Tab
from casebridge.cases.models import Case
from casebridge.deadlines import service as deadlines
from casebridge.deadlines.rules import interim_due
from casebridge.referrals import overdue
from casebridge.referrals import service as referrals
from line111.clock import now
from persian.calendar import TEHRAN
from tests.integration.casebridge.test_way import DESK, case_of, opened, told

SIGHT = Sight(own=frozenset({DESK}))


async def set_due(api: Any, case_id: UUID, within: timedelta) -> None:
    async with api.bridge.database.writing() as session:
        due = now() + within
        await session.execute(update(Case).where(Case.id == case_id).values(due_at=due, interim_due_at=None))


async def lists(api: Any) -> dict[Tab, int]:
    async with api.bridge.database.reading() as session:
        return await worklists.tab_counts(session, SIGHT)


async def shown(api: Any, tab: Tab) -> list[tuple[str, str]]:
    bridge = api.bridge
    async with bridge.database.reading() as session:
        page = await worklists.worklist(session, bridge.keys, bridge.cursors, SIGHT, tab)
    return [(row.case.id.hex, row.urgency.value) for row in page.items]


async def test_a_call_opens_a_case_that_has_its_deadline_with_the_same_commit(api: Any) -> None:
    for kind, province in (("complaint", "23"), ("idea", None), ("unclassified", "01")):
        case = await case_of(api, await opened(api, kind=kind, province=province))
        async with api.bridge.database.reading() as session:
            assert case.due_at == await deadlines.answer_due(session, case)
        assert case.due_at is not None
        assert case.interim_due_at == interim_due(case.registered_at, case.due_at)
    async with api.bridge.database.writing() as session:
        assert await overdue.give_deadlines(session) == 0


async def test_a_day_off_of_this_centre_counts_for_the_calls_of_that_day(api: Any) -> None:
    first = now().astimezone(TEHRAN).date()
    async with api.person("operator") as http:
        for number in range(1, 8):  # a week of snow
            day = (first + timedelta(days=number)).isoformat()
            change = {"name_fa": "برف", "name_en": "Snow", "off": True}
            assert (await http.put(f"/holidays/{day}", json=change)).status_code == 204
    case = await case_of(api, await opened(api, kind="guidance"))
    assert case.due_at is not None
    assert case.due_at.astimezone(TEHRAN).date() > first + timedelta(days=7)


async def test_a_case_that_has_no_deadline_after_all_is_given_one_by_the_sweep(api: Any) -> None:
    case_id = await opened(api)
    async with api.bridge.database.writing() as session:
        await session.execute(update(Case).values(due_at=None, interim_due_at=None))
    await overdue.sweep(api.bridge.database)
    assert (await case_of(api, case_id)).due_at is not None


async def test_while_the_applicant_was_asked_nobody_is_late_or_reminded(api: Any) -> None:
    case_id = await opened(api)
    async with api.bridge.database.writing() as session:
        await referrals.ask_applicant(session, case_id, unit=DESK, actor="t", text="کدام روستا؟")
    await set_due(api, case_id, timedelta(minutes=5))
    counts = await lists(api)
    assert (counts[Tab.WAITING], counts[Tab.OVERDUE], counts[Tab.DUE_SOON]) == (1, 0, 0)
    await overdue.sweep(api.bridge.database)
    assert await told(api, case_id, "unit") == []
    await set_due(api, case_id, timedelta(minutes=-5))
    assert (await lists(api))[Tab.OVERDUE] == 0
    assert await shown(api, Tab.WAITING) == [(case_id.hex, "calm")]
    async with api.bridge.database.reading() as session:
        assert (await overview.overview(session)).total.overdue == 0
    await overdue.sweep(api.bridge.database)
    case = await case_of(api, case_id)
    assert (case.status, case.owner_unit) == ("in_hand", DESK)
    async with api.bridge.database.reading() as session:
        assert case.due_at == await deadlines.answer_due(session, case)


async def test_lists_numbers_marks_and_overview_agree_on_what_presses(api: Any) -> None:
    late, soon, calm = [await opened(api) for _ in range(3)]
    async with api.bridge.database.reading() as session:
        near = await worklists.near_now(session)
    await set_due(api, late, timedelta(minutes=-1))
    await set_due(api, soon, near.soon - now() - timedelta(minutes=1))
    await set_due(api, calm, near.soon - now() + timedelta(minutes=1))
    counts = await lists(api)
    assert (counts[Tab.NEW], counts[Tab.OVERDUE], counts[Tab.DUE_SOON]) == (3, 1, 1)
    assert await shown(api, Tab.OVERDUE) == [(late.hex, "late")]
    assert await shown(api, Tab.DUE_SOON) == [(soon.hex, "soon")]
    assert [mark for _, mark in await shown(api, Tab.NEW)] == ["late", "soon", "calm"]
    async with api.bridge.database.reading() as session:
        found = await overview.overview(session)
    assert (found.total.open, found.total.fresh, found.total.overdue) == (3, 3, 1)
    assert [(one.code, one.overdue) for one in found.by_unit] == [(DESK, 1)]
    async with api.person("agent") as http:
        assert (await http.get(f"/cases/{late}/way")).json()["urgency"] == "late"


async def test_taking_a_case_in_hand_does_not_remind_of_the_same_deadline_again(api: Any) -> None:
    case_id = await opened(api)
    await set_due(api, case_id, timedelta(minutes=5))
    await overdue.sweep(api.bridge.database)
    async with api.bridge.database.writing() as session:
        await referrals.take_in_hand(session, case_id, unit=DESK, actor="t")
    await overdue.sweep(api.bridge.database)
    assert await told(api, case_id, "unit") == ["reminder"]


async def test_a_case_that_is_opened_again_has_its_deadline_at_once(api: Any) -> None:
    case_id = await opened(api)
    async with api.bridge.database.writing() as session:
        await answers.answer(session, case_id, unit=None, actor="t", text="پاسخ", language="fa")
        await answers.decide(session, case_id, accepted=True, by="phone")
        await answers.reopen(session, case_id, actor="t", reason="new facts")
    case = await case_of(api, case_id)
    assert case.due_at is not None
    assert case.interim_due_at is not None


async def test_the_unit_that_has_a_case_is_told_each_time_it_is_opened_again(api: Any) -> None:
    case_id = await opened(api)
    for _ in range(2):
        async with api.bridge.database.writing() as session:
            await answers.answer(session, case_id, unit=None, actor="t", text="پاسخ", language="fa")
            await answers.decide(session, case_id, accepted=True, by="phone")
            await answers.reopen(session, case_id, actor="t", reason="new facts")
    assert await told(api, case_id, "unit") == ["reopened", "reopened"]
    assert (await lists(api))[Tab.IN_HAND] == 1


async def test_who_is_answered_anew_meanwhile_is_not_closed_by_the_older_silence(api: Any) -> None:
    case_id = await opened(api)
    async with api.bridge.database.writing() as session:
        await answers.answer(session, case_id, unit=None, actor="t", text="پاسخ", language="fa")
        long_ago = now() - timedelta(days=90)
        await session.execute(update(Case).where(Case.id == case_id).values(answered_at=long_ago))
    async with api.bridge.database.reading() as session:
        assert await overdue._silent(session, now()) == [case_id]
    async with api.bridge.database.writing() as session:  # before the sweep comes to this case
        await answers.decide(session, case_id, accepted=False, by="sms", text="نه")
        await answers.answer(session, case_id, unit=None, actor="t", text="پاسخ تازه", language="fa")
    async with api.bridge.database.writing() as session:
        assert await overdue._close(session, case_id) == 0
    assert (await case_of(api, case_id)).status == "answered"


async def test_lists_counts_and_sweeps_never_read_the_closed(
    on_sqlite: Callable[[], Any], run_bridge: Callable[..., Any]
) -> None:
    async with run_bridge(on_sqlite()) as api:
        await opened(api)
        asked: list[tuple[str, Any]] = []
        engines = [api.bridge.database._reader.sync_engine, api.bridge.database.engine.sync_engine]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        await lists(api)
        for tab in Tab:
            await shown(api, tab)
        await overdue.sweep(api.bridge.database)
        async with api.bridge.database.reading() as session:
            await overview.overview(session)
            plans = await plans_of(session, [one for one in asked if " cases" in one[0]])
    assert len(plans) >= 14
    for plan in plans:
        (of_cases,) = [step for step in plan if " cases " in step and "(id=?)" not in step]
        assert "ix_cases_going_on" in of_cases, plan


async def plans_of(session: Any, asked: list[tuple[str, Any]]) -> list[list[str]]:
    """How SQLite goes about these questions."""
    connection = await session.connection()
    plans = []
    for statement, values in asked:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
        plans.append([str(row[3]) for row in rows])
    return plans
