"""The demonstration's officials: accounts made for this run, who work on cases through the bridge's API."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from line111.accounts import as_user, service_user
from line111.settings import Settings


class AccountRefused(Exception):
    """An account for this run could not be made."""


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in."""

    name: str
    password: str


async def make_account(settings: Settings, name: str, *roles: str) -> Account:
    """An account with a password for this run. The command runs as the user who owns the database.

    Raises:
        AccountRefused.
    """
    account = Account(name, secrets.token_urlsafe(9))
    words = [word for role in roles for word in ("--role", role)]
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "line111", "bridge", "create-account", name, *words),
        env={
            **os.environ,
            "LINE111_HOME": str(settings.home.absolute()),
            "LINE111_PASSWORD": account.password,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        **as_user(service_user(settings)),
    )
    if await made.wait():
        raise AccountRefused(f"the account {name} could not be made")
    return account


class Person:
    """Somebody signed in at the bridge, as a browser would be.

    Every method raises httpx.HTTPError where the bridge does not answer or refuses.
    """

    def __init__(self, settings: Settings, account: Account) -> None:
        self.account = account
        self._http = httpx.AsyncClient(
            base_url=settings.bridge.url.rstrip("/") + "/api/v1", timeout=20, trust_env=False
        )

    async def __aenter__(self) -> Self:
        told = {"username": self.account.name, "password": self.account.password}
        answer = (await self._http.post("/session", json=told)).raise_for_status()
        self._http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str) -> Any:
        """What the bridge tells."""
        return (await self._http.get(path, params=query)).raise_for_status().json()

    async def appoint(self, username: str, unit: str) -> None:
        """Make somebody the head of a unit."""
        line = {"username": username, "unit_code": unit, "position": "head"}
        (await self._http.put("/country/officials", json=line)).raise_for_status()

    async def send_where_it_belongs(self, case_id: str) -> None:
        """Say that a complaint was listened to and is about no official, and send it on (10-2)."""
        heard = {"level": "province", "forward": True}
        (await self._http.patch(f"/cases/{case_id}", json=heard)).raise_for_status()

    async def take_and_answer(self, case_id: str, text: str, language: str) -> None:
        """Take a case in hand and answer its applicant."""
        (await self._http.post(f"/cases/{case_id}/take", json={})).raise_for_status()
        answer = {"text": text, "language": language}
        (await self._http.post(f"/cases/{case_id}/answers", json=answer)).raise_for_status()


def head_of(unit: str) -> str:
    """The name a unit's head signs in with in this run."""
    return "demo-" + unit.replace("/", "-")
