"""Records as nodes write them, and accounts of people."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from uuid6 import uuid7

from casebridge.app import equip, routes
from casebridge.bridge import Bridge
from casebridge.client import BridgeClient
from casebridge.country.models import MembershipRow
from casebridge.country.seeding import seed
from casebridge.database import Database
from casebridge.migrate import upgrade
from casebridge.people.models import Account
from casebridge.people.service import ensure_account
from casebridge.schema import METADATA
from line111.clock import now, to_text
from line111.sealing import seal
from line111.secrets import read_secret
from line111.settings import Settings
from persian.identifiers import sample_identifier

PASSWORD = "a long password"
COUNTRY = frozenset({"places", "agencies", "units", "subjects", "duties", "country_edition"})


class Citizen:
    """Makes the records of one caller after another."""

    def __init__(self, settings: Settings) -> None:
        self.node = settings.node
        self._public = read_secret(settings, "sealing_public")
        self._seed = 0

    def seal(self, **fields: Any) -> str:
        """Closes what only the bridge may read."""
        return seal(fields, self._public)

    def intake(self, tracking_code: str, *, audio: bytes | None = None, **changes: Any) -> dict[str, Any]:
        """An intake of a new caller, or with changes."""
        self._seed += 1
        identifier = changes.pop("identifier", sample_identifier("national_id", self._seed))
        recording = None
        if audio is not None:
            recording = {
                "recording_id": str(uuid7()),
                "file": "1795500000.1/message.alaw",
                "bytes": len(audio),
                "sha256": hashlib.sha256(audio).hexdigest(),
                "duration_ms": len(audio) // 8,
                "encoding": "alaw",
                "rate": 8000,
                "channels": 1,
                "speaker": "applicant",
            }
        return {
            "format": 1,
            "type": "intake",
            "record_id": str(uuid7()),
            "node": self.node,
            "origin": "ivr",
            "created_at": to_text(now()),
            "call_id": f"1795500000.{self._seed}",
            "language": "fa",
            "tracking_code": tracking_code,
            "kind": "request",
            "sealed": self.seal(
                identifier_kind="national_id",
                identifier=identifier,
                contact_number="+989121234567",
                caller_number="+982112345678",
            ),
            "province": "23",
            "ended_by": "confirmed",
            "recording": recording,
            "callback": None,
        } | changes

    def wish(self, intake: dict[str, Any], wished: str = "asap") -> dict[str, Any]:
        """A callback wished after the code was told."""
        return {
            "format": 1,
            "type": "callback_wish",
            "record_id": str(uuid7()),
            "intake_id": intake["record_id"],
            "wished": wished,
            "node": self.node,
            "call_id": intake["call_id"],
            "created_at": to_text(now()),
        }

    def report(self, intake: dict[str, Any]) -> dict[str, Any]:
        """What happened in the call."""
        return {
            "format": 1,
            "type": "call_report",
            "record_id": str(uuid7()),
            "call_id": intake["call_id"],
            "node": self.node,
            "language": "fa",
            "caller_sealed": self.seal(caller_number="+989121234567"),
            "started_at": to_text(now()),
            "answered_at": to_text(now()),
            "ended_at": to_text(now()),
            "outcome": "case",
            "intake_id": intake["record_id"],
            "code_told": True,
            "journal": [
                {"at_ms": 10, "step": "identity", "heard": ["identity/ask"], "pressed": "••••••••••"}
            ],
        }

    @staticmethod
    def sound(seconds: float = 1.0) -> bytes:
        """A-law bytes of no particular sound."""
        return secrets.token_bytes(int(8000 * seconds))


class Api:
    """The bridge's application in this process, on a real database and a real Redis."""

    def __init__(self, settings: Settings, app: FastAPI) -> None:
        self.settings = settings
        self.app = app
        self.bridge: Bridge = app.state.bridge
        self.citizen = Citizen(settings)
        self.transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 1234))

    def client(self, service: str = "ivr") -> BridgeClient:
        """The product's client with a service's token."""
        token = read_secret(self.settings, f"token_{service}")
        return BridgeClient("http://bridge", token, transport=self.transport)

    def http(self, service: str | None = None) -> httpx.AsyncClient:
        """Plain HTTP, with a service's token or with none."""
        token = read_secret(self.settings, f"token_{service}") if service else ""
        return httpx.AsyncClient(
            base_url="http://bridge/api/v1",
            transport=self.transport,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    @contextlib.asynccontextmanager
    async def person(self, *roles: str, username: str = "agent1") -> AsyncIterator[httpx.AsyncClient]:
        """A person signed in with these roles: cookie and CSRF token are set."""
        async with self.bridge.database.writing() as session:
            await ensure_account(session, username, PASSWORD, roles)
        async with self.http() as client:
            answer = await client.post("/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
            yield client

    async def codes(self, count: int = 20, node: str | None = None) -> list[str]:
        """Codes leased to the node."""
        async with self.client() as client:
            return list(await client.lease_codes(node or self.settings.node, "ivr", count))

    async def told(self) -> None:
        """Returns when the outbox is empty: everything has been told."""
        for _ in range(400):
            self.bridge.relay.wake()
            if not await self.bridge.relay.waiting():
                return
            await asyncio.sleep(0.02)
        pytest.fail("the outbox does not empty")


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Api]:
    """An application with its background tasks. Its routes are taken over from one that has ended: to make
    them costs more than most tests."""
    app = _ENDED.pop() if _ENDED else routes()
    equip(app, settings)
    async with app.router.lifespan_context(app):
        yield Api(settings, app)
    _ENDED.append(app)


_ENDED: list[FastAPI] = []


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("m") / "m.sqlite3"
    with ThreadPoolExecutor(1) as aside:
        aside.submit(upgrade, f"sqlite+aiosqlite:///{file}").result()
        aside.submit(asyncio.run, _seeded(f"sqlite+aiosqlite:///{file}")).result()
    return file


async def _seeded(url: str) -> None:
    """Puts the country in once, so that not every bridge of a test has to."""
    database = Database(url)
    async with database.writing() as session:
        await seed(session)
    await database.close()


@pytest.fixture(scope="session")
def _migrated_postgres(_postgres_cluster: str) -> str:
    """One database for all these tests: it is emptied between them, which is quicker than a new one."""
    subprocess.run([*psql(_postgres_cluster), "-c", "CREATE DATABASE bridge"], check=True)
    url = f"postgresql+asyncpg://line111@{_postgres_cluster}/bridge"
    with ThreadPoolExecutor(1) as aside:  # fixtures are made inside a running event loop
        aside.submit(upgrade, url).result()
        aside.submit(asyncio.run, _seeded(url)).result()
    _FIRST_EDITION[_postgres_cluster] = _edition(_postgres_cluster)
    return url


def psql(cluster: str, database: str = "postgres") -> list[str]:
    """The command that speaks to a cluster."""
    host, _, port = cluster.partition(":")
    return ["psql", "-h", host, "-p", port, "-U", "line111", "-d", database, "-q"]


_FIRST_EDITION: dict[str, str] = {}
"""The country's edition as it was seeded, by cluster."""


def _edition(cluster: str) -> str:
    command = [*psql(cluster, "bridge"), "-tA", "-c", "SELECT edition FROM country_edition"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _empty(cluster: str) -> None:
    """Takes everything out but the country, which is long to put in; an edited one goes, too. Codes begin
    anew: a test may have used them up."""
    kept = {"code_counter"}
    if _edition(cluster) == _FIRST_EDITION[cluster]:
        kept |= COUNTRY
    tables = [table.name for table in reversed(METADATA.sorted_tables) if table.name not in kept]
    statements = [part for name in tables for part in ("-c", f"DELETE FROM {name}")]  # noqa: S608
    statements += ["-c", "UPDATE code_counter SET next_number = 0"]
    command = [*psql(cluster, "bridge"), "-1", *statements]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def on_sqlite(make_home: Callable[..., Settings], _migrated_sqlite: Path) -> Callable[..., Settings]:
    """Makes settings of a node with a database of today's shape, on SQLite."""

    def make(node: str = "n1") -> Settings:
        settings = make_home(node=node)
        file = settings.home / "db" / "line111.sqlite3"
        file.parent.mkdir()
        shutil.copy(_migrated_sqlite, file)
        return settings

    return make


@pytest.fixture(params=["sqlite", "postgres"])
async def bridge_settings(
    request: pytest.FixtureRequest,
    make_home: Callable[..., Settings],
    on_sqlite: Callable[..., Settings],
) -> Settings:
    """Settings of a node on each database in turn; a test may change them before it runs the bridge."""
    if request.param == "sqlite":
        return on_sqlite()
    url = str(request.getfixturevalue("_migrated_postgres"))
    await asyncio.to_thread(_empty, str(request.getfixturevalue("_postgres_cluster")))
    return make_home(database_url=url)


@pytest.fixture
def run_bridge() -> Callable[[Settings], contextlib.AbstractAsyncContextManager[Api]]:
    """Runs a bridge in this process, with settings a test has made."""
    return running


@pytest.fixture
async def api(bridge_settings: Settings) -> AsyncIterator[Api]:
    """The bridge on each database in turn."""
    async with running(bridge_settings) as made:
        yield made


@pytest.fixture
def citizen_of() -> Callable[[Settings], Citizen]:
    """Writes records as the node of these settings would."""
    return Citizen


@pytest.fixture
def citizen(bridge: Any) -> Citizen:
    """Writes records for the bridge that runs in a process of its own."""
    return Citizen(bridge.settings)


@pytest.fixture
def codes(bridge: Any) -> list[str]:
    """Codes leased from the bridge that runs in a process of its own."""
    with bridge.http("ivr") as http:
        question = {"node": bridge.settings.node, "holder": "ivr", "count": 20}
        answer = http.post("/api/v1/tracking-codes/leases", json=question)
    return list(answer.json()["codes"])


@pytest.fixture
def signed_in(bridge: Any) -> Callable[..., httpx.Client]:
    """Signs a person in at the bridge that runs in a process of its own; an official may hold a unit."""

    async def make(username: str, roles: tuple[str, ...], unit: str | None) -> None:
        database = Database(bridge.settings.database_url)
        async with database.writing() as session:
            await ensure_account(session, username, PASSWORD, roles)
            if unit is not None:
                account = await session.scalar(select(Account.id).where(Account.username == username))
                session.add(MembershipRow(account_id=account, unit_code=unit, position="head", since=now()))
        await database.close()

    def sign_in(*roles: str, username: str = "person1", unit: str | None = None) -> httpx.Client:
        asyncio.run(make(username, roles, unit))
        client: httpx.Client = bridge.http()
        answer = client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    return sign_in
