"""Records as nodes write them, and accounts of people."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from casebridge.database import Database
from casebridge.people.service import ensure_account
from line111.clock import now, to_text
from line111.sealing import seal
from line111.secrets import read_secret
from line111.settings import Settings
from persian.identifiers import sample_identifier

PASSWORD = "a long password"


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
            "kind": "complaint",
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


def sound(seconds: float = 1.0) -> bytes:
    """A-law bytes of no particular sound."""
    return secrets.token_bytes(int(8000 * seconds))


@pytest.fixture
def citizen(bridge: Any) -> Citizen:
    """Writes records for the running bridge."""
    return Citizen(bridge.settings)


@pytest.fixture
def codes(bridge: Any) -> list[str]:
    """A block of codes leased to the node."""

    async def lease() -> list[str]:
        async with bridge.client() as client:
            return list(await client.lease_codes(bridge.settings.node, "ivr", 200))

    return asyncio.run(lease())


@pytest.fixture
def signed_in(bridge: Any) -> Callable[..., httpx.Client]:
    """Signs a person in with roles; the client carries cookie and CSRF token."""

    def sign_in(*roles: str, username: str = "agent1") -> httpx.Client:
        asyncio.run(_account(bridge.settings, username, roles))
        client: httpx.Client = bridge.http()
        answer = client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    return sign_in


async def _account(settings: Settings, username: str, roles: tuple[str, ...]) -> None:
    database = Database(settings.database_url)
    async with database.writing() as session:
        await ensure_account(session, username, PASSWORD, roles)
    await database.close()
