"""A bridge killed in the middle of a delivery: nothing lost, the same id again, no number in its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casebridge.cases.models import Case
from casebridge.database import Database
from casebridge.notifications import service
from casebridge.notifications.models import Attempt, Notification
from line111.secrets import ensure_secrets

PROVIDERS = """
[[provider]]
name = "gateway"
kind = "http"
[provider.request]
url = "http://127.0.0.1:{port}/send?to={{to}}"
headers = {{ Idempotency-Key = "{{id}}" }}
[provider.reply]
sent = [{{ status = [200] }}]
"""


async def test_a_bridge_killed_while_a_gateway_thinks_asks_it_again_with_the_same_id(
    make_home: Callable[..., Any],
    start_bridge: Callable[..., Any],
    citizen_of: Callable[..., Any],
    gateway: Any,
    until: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = make_home()
    file = settings.home / "providers.toml"
    file.write_text(PROVIDERS.format(port=gateway.port))
    ensure_secrets(settings, ["token_provider_gateway"])
    monkeypatch.setenv("LINE111_NOTIFICATIONS__PROVIDERS", str(file))
    monkeypatch.setenv("LINE111_NOTIFICATIONS__QUIET_FROM", "00:00")
    monkeypatch.setenv("LINE111_NOTIFICATIONS__QUIET_UNTIL", "00:00")
    bridge = await asyncio.to_thread(start_bridge, settings)
    await asyncio.to_thread(call_of, bridge, citizen_of(settings))
    database = Database(settings.database_url)
    gateway.delay = 30.0
    message = await told(database)
    await until(lambda: asked(gateway, message))
    await asyncio.to_thread(bridge.kill)
    await its_lease_ends(database, message)
    gateway.delay = 0.0
    await asyncio.to_thread(bridge.start)
    await until(lambda: vanished(database, message), seconds=15)
    await now_due(database, message)
    await until(lambda: is_sent(database, message))
    await database.close()
    assert keys(gateway).count(str(message)) == 2
    assert "9121234567" not in bridge.log


def call_of(bridge: Any, citizen: Any) -> None:
    """A caller has left a case."""
    with bridge.http("ivr") as http:
        question = {"node": bridge.settings.node, "holder": "ivr", "count": 20}
        code = http.post("/api/v1/tracking-codes/leases", json=question).json()["codes"][0]
        assert http.post("/api/v1/intakes", json=citizen.intake(code)).is_success


async def told(database: Database) -> UUID:
    """The applicant is told of a referral."""
    async with database.writing() as session:
        case_id = await session.scalar(select(Case.id))
        assert case_id
        await service.notify_applicant(session, case_id, "referred", {}, step="killed")
        key = f"{case_id}:referred:killed"
        found = await session.scalar(select(Notification.id).where(Notification.key == key))
        assert found
        return found


def keys(gateway: Any) -> list[str]:
    """Ids a gateway has seen."""
    return [sent["headers"]["Idempotency-Key"] for sent in gateway.received]


async def asked(gateway: Any, message: UUID) -> bool:
    """The gateway has the request and thinks."""
    return str(message) in keys(gateway)


async def its_lease_ends(database: Database, message: UUID) -> None:
    """As after three minutes."""
    async with database.writing() as session:
        row = await session.get_one(Notification, message)
        assert row.taken_by
        row.taken_until = row.created_at


async def vanished(database: Database, message: UUID) -> bool:
    """The try of the killed sender is accounted for."""
    async with database.reading() as session:
        query = select(Attempt.outcome).where(Attempt.notification_id == message)
        return "unknown" in set(await session.scalars(query))


async def now_due(database: Database, message: UUID) -> None:
    """The time of the next try has come."""
    async with database.writing() as session:
        row = await session.get_one(Notification, message)
        row.next_at = row.created_at


async def is_sent(database: Database, message: UUID) -> bool:
    """The gateway has it."""
    async with database.reading() as session:
        return (await session.get_one(Notification, message)).state == "sent"
