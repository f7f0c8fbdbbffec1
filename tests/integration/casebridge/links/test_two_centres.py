"""Two centres, two processes, two databases: one is killed under load, then the other."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from casebridge.answers import service as answers
from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case
from casebridge.database import Database
from casebridge.links.models import Delivery, LinkedCase
from casebridge.people.service import ensure_account

CASES = 24
PASSWORD = "a long password"


async def count(database: Database, query: Any) -> int:
    """How many rows a query finds."""
    async with database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(query.subquery())) or 0)


async def wait(database: Database, query: Any, number: int, what: str, seconds: float = 40) -> None:
    """Waits until a query finds so many rows."""
    end = time.monotonic() + seconds
    while (found := await count(database, query)) < number:
        if time.monotonic() > end:
            pytest.fail(f"{what}: {found} of {number} after {seconds} s")
        await asyncio.sleep(0.1)


async def supervisor(bridge: Any, database: Database) -> httpx.AsyncClient:
    """A supervisor signed in at a bridge."""
    async with database.writing() as session:
        await ensure_account(session, "supervisor1", PASSWORD, ["supervisor"])
    client = httpx.AsyncClient(base_url=f"{bridge.url}/api/v1", trust_env=False, timeout=20)
    answer = await client.post("/session", json={"username": "supervisor1", "password": PASSWORD})
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return client


async def open_cases(bridge: Any, citizen: Any) -> list[str]:
    """Cases as calls open them; their ids."""
    async with bridge.client() as client:
        codes = await client.lease_codes(bridge.settings.node, "ivr", CASES)
        receipts = [await client.post_record(citizen.intake(code)) for code in codes]
    return [str(receipt.case_id) for receipt in receipts]


@pytest.mark.chaos
async def test_centres_killed_under_load_lose_nothing_and_do_nothing_twice(
    on_sqlite: Any, start_bridge: Any, linked_centres: Any, citizen_of: Any
) -> None:
    one, other = on_sqlite("n1"), on_sqlite("n2")
    linked_centres(one, other, ("a", "b"), lease_seconds=3)
    a, b = await asyncio.to_thread(start_bridge, one), await asyncio.to_thread(start_bridge, other)
    at_a, at_b = Database(one.database_url), Database(other.database_url)
    case_ids = await open_cases(a, citizen_of(one))

    client = await supervisor(a, at_a)
    for number, case_id in enumerate(case_ids):
        answer = await client.post(f"/cases/{case_id}/pass", json={"centre": "b"})
        assert answer.status_code == 204, answer.text
        if number == CASES // 3:
            await wait(at_b, select(Case.id), 1, "first cases at b")
            b.kill()
        if number == 2 * CASES // 3:
            await asyncio.to_thread(b.start)
    await client.aclose()
    await wait(at_b, select(Case.id), CASES, "cases at b")
    await wait(at_a, select(LinkedCase).where(LinkedCase.reference.is_not(None)), CASES, "receipts at a")

    for number, case_id in enumerate(case_ids):
        async with at_b.writing() as session:
            await answers.answer(
                session,
                UUID(case_id),
                unit=None,
                actor="person:official1",
                text=f"answer {case_id}",
                language="fa",
            )
        if number == CASES // 2:
            await wait(at_a, select(AnswerRow.id), 1, "first answers at a")
            a.kill()
    await asyncio.to_thread(a.start)
    await wait(at_a, select(Case.id).where(Case.status == "answered"), CASES, "answers at a")

    waiting = select(Delivery.id).where(Delivery.state != "delivered")
    for database, theirs in ((at_a, at_b), (at_b, at_a)):
        await wait_empty(database, waiting)
        assert await count(database, select(Case.id)) == CASES
        assert await count(theirs, select(AnswerRow.id)) == CASES
    async with at_a.reading() as session:
        told = list(await session.execute(select(Case.id, Case.reply_text)))
    assert {str(case_id): text for case_id, text in told} == {
        case_id: f"answer {case_id}" for case_id in case_ids
    }
    for database in (at_a, at_b):
        await database.close()


async def wait_empty(database: Database, query: Any) -> None:
    """Waits until a query finds nothing."""
    for _ in range(300):
        if not await count(database, query):
            return
        await asyncio.sleep(0.1)
    pytest.fail("deliveries are left")
