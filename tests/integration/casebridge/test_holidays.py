"""A centre's changes of the calendar: kept, undone, told of, and counted from then on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from casebridge.audit.models import AuditLine
from casebridge.deadlines import service as deadlines
from casebridge.deadlines.schemas import DayChange
from casebridge.problems import Problem
from tests.integration.casebridge.test_way import case_of, opened

TASUA, ASHURA, AFTER = date(2027, 6, 15), date(2027, 6, 16), date(2027, 6, 17)
KHORDAD = date(2027, 6, 5)


async def days(api: Any, first: date, last: date) -> list[tuple[date, str, str, bool]]:
    async with api.bridge.database.reading() as session:
        found = await deadlines.days_between(session, first, last)
    return [(day.day, day.name_en.split(" (")[0], day.source.value, day.off) for day in found]


async def test_a_lunar_holiday_moves_with_those_that_follow_it_at_once(api: Any) -> None:
    async with api.bridge.database.writing() as session:
        await deadlines.move_day(session, TASUA, 1, "person:o")
    assert await days(api, TASUA, AFTER) == [
        (TASUA, "Tasua", "edited", False),
        (ASHURA, "Tasua", "edited", True),
        (AFTER, "Ashura", "edited", True),
    ]
    async with api.bridge.database.reading() as session:
        is_off = await deadlines.working_calendar(session)
    assert [is_off(day) for day in (TASUA, ASHURA)] == [False, True]
    async with api.bridge.database.writing() as session:
        for day in (TASUA, ASHURA, AFTER):
            await deadlines.forget_day(session, day, "person:o")
    assert await days(api, TASUA, AFTER) == [
        (TASUA, "Tasua", "official", True),
        (ASHURA, "Ashura", "official", True),
    ]


async def test_only_a_lunar_holiday_moves_and_only_a_holiday_is_worked(api: Any) -> None:
    for day, by in ((KHORDAD, 1), (TASUA, 0), (date(2027, 6, 20), 1)):
        with pytest.raises(Problem, match="not_found"):
            async with api.bridge.database.writing() as session:
                await deadlines.move_day(session, day, by, "person:o")
    with pytest.raises(Problem, match="not_found"):
        async with api.bridge.database.writing() as session:
            await deadlines.work_on(session, date(2027, 6, 20), "person:o")


async def test_a_change_leaves_deadlines_that_run_as_they_are(api: Any) -> None:
    case_id = await opened(api)
    before = (await case_of(api, case_id)).due_at
    assert before is not None
    async with api.bridge.database.writing() as session:
        change = DayChange(name_fa="برف", name_en="Snow")
        await deadlines.set_day(session, before.date(), change, "person:o")
    assert (await case_of(api, case_id)).due_at == before


async def test_the_audit_trail_says_what_was_changed_under_which_name(api: Any) -> None:
    async with api.bridge.database.writing() as session:
        await deadlines.work_on(session, KHORDAD, "person:o")
    async with api.bridge.database.reading() as session:
        line = await session.scalar(select(AuditLine).where(AuditLine.subject_kind == "holiday"))
    assert line is not None
    assert (line.action, line.actor, line.subject_id) == ("holiday_set", "person:o", KHORDAD.isoformat())
    assert (line.detail["off"], line.detail["name_en"]) == (False, "15 Khordad Uprising")


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("operator", 200, 204), ("supervisor", 200, 204), ("agent", 200, 403), ("official", 200, 403)],
)
async def test_who_reads_and_who_changes_the_calendar(api: Any, role: str, reads: int, writes: int) -> None:
    change = {"name_fa": "برف", "name_en": "Snow"}
    async with api.person(role) as http:
        answer = await http.get("/holidays?year=2026")
        assert answer.status_code == reads
        assert {day["origin"] for day in answer.json()["items"]} >= {"solar", "lunar", "both"}
        assert (await http.put("/holidays/2026-12-01", json=change)).status_code == writes
        assert (await http.delete("/holidays/2026-12-01")).status_code == writes
