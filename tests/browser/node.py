"""A bridge with its screens and a Redis of its own, in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import pytest
from sqlalchemy import select

from casebridge.client import BridgeClient
from casebridge.country.models import MembershipRow
from casebridge.database import Database
from casebridge.migrate import upgrade
from casebridge.people.models import Account
from casebridge.people.service import ensure_account
from line111.clock import now
from line111.secrets import ensure_secrets, read_secret
from line111.settings import PROJECT, BridgeSettings, RedisSettings, Settings

PASSWORD: Final = "calm-river-42"
ROLES: Final = ("agent", "supervisor", "official", "operator")
HELD: Final = {
    "official": "province/23/desk",
    "governor": "province/23/governor",
    "deputy": "county/2301/desk",
    "idle": None,
}
"""Officials and the units they hold."""
PATIENCE: Final = 60.0
"""Seconds a client waits for the bridge: on a busy machine its disk may take long."""
Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine in a thread of its own: Playwright's loop occupies this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


class Node:
    """A bridge with screens and a Redis of its own, in processes of their own."""

    def __init__(self, home: Path, ports: tuple[int, int]) -> None:
        self.settings = Settings(
            home=home,
            node="n1",
            bridge=BridgeSettings(port=ports[0], url=f"http://127.0.0.1:{ports[0]}"),
            redis=RedisSettings(url=f"redis://127.0.0.1:{ports[1]}/0"),
        )
        self.url = self.settings.bridge.url
        self.sessions: dict[str, list[Any]] = {}
        ensure_secrets(self.settings)
        self.settings.proposals_dir.symlink_to(Settings(home=PROJECT / "var").proposals_dir)
        self._redis = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(ports[1]),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(home),
            ],
            stdout=subprocess.DEVNULL,
        )
        run(asyncio.to_thread(upgrade, self.settings.database_url))
        run(self._make_accounts())
        self._console: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Starts bridge and screens, and waits until they answer."""
        environment = {
            **os.environ,
            "LINE111_HOME": str(self.settings.home),
            "LINE111_NODE": self.settings.node,
            "LINE111_BRIDGE__PORT": str(self.settings.bridge.port),
            "LINE111_REDIS__URL": str(self.settings.redis.url),
            "LINE111_LINKS__CENTRES": json.dumps({"tehran": self._neighbour()}),
        }
        with (self.settings.home / "console.log").open("ab") as log:
            command = [sys.executable, "-m", "console"]
            self._console = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=log, stderr=log)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            if self._console.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/ready", timeout=2, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        pytest.fail(f"the screens did not start:\n{self.log[-3000:]}")

    def _neighbour(self) -> dict[str, str]:
        """Another centre, which nobody answers for: what it is told waits."""
        public = read_secret(self.settings, "sealing_public")
        return {"url": "http://127.0.0.1:9", "sealing_public": public, "secret": "session_key"}

    def stop(self) -> float:
        """SIGTERM; returns the seconds until the process had ended."""
        assert self._console is not None
        began = time.monotonic()
        self._console.send_signal(signal.SIGTERM)
        self._console.wait(30)
        return time.monotonic() - began

    def close(self) -> None:
        """Ends everything."""
        if self._console and self._console.poll() is None:
            self._console.kill()
            self._console.wait()
        self._redis.kill()
        self._redis.wait()

    @property
    def log(self) -> str:
        """What bridge and screens have logged."""
        return (self.settings.home / "console.log").read_text(errors="replace")

    def client(self, service: str = "ivr") -> BridgeClient:
        """A patient client with a service's token."""
        token = read_secret(self.settings, f"token_{service}")
        return BridgeClient(self.url, token, timeout=PATIENCE)

    async def _make_accounts(self) -> None:
        database = Database(self.settings.database_url)
        async with database.writing() as session:
            for role in ROLES:
                await ensure_account(session, role, PASSWORD, [role])
            for name, unit in HELD.items():
                await ensure_account(session, name, PASSWORD, ["official"])
                account = await session.scalar(select(Account.id).where(Account.username == name))
                if unit:
                    row = MembershipRow(account_id=account, unit_code=unit, position="head", since=now())
                    session.add(row)
        await database.close()
