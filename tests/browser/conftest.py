"""A real Chromium before a real bridge with its screens; intakes come in as they do in life."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from sqlalchemy import select

from casebridge.client import BridgeClient
from casebridge.country.models import MembershipRow
from casebridge.database import Database
from casebridge.migrate import upgrade
from casebridge.people.models import Account
from casebridge.people.service import ensure_account
from casebridge.tables import new_id
from line111.clock import from_text, now, to_text
from line111.sealing import seal
from line111.secrets import ensure_secrets, read_secret
from line111.settings import BridgeSettings, RedisSettings, Settings
from persian.identifiers import sample_identifier

PROJECT = Path(__file__).resolve().parent.parent.parent
SAID = tomllib.loads((Path(__file__).parent / "said.toml").read_text(encoding="utf-8"))
CHROMIUM = "/usr/bin/chromium"
PASSWORD = "calm-river-42"
ROLES = ("agent", "supervisor", "official", "operator")
HELD = {
    "official": "province/23/desk",
    "governor": "province/23/governor",
    "deputy": "county/2301/desk",
    "idle": None,
}
"""Officials and the units they hold."""
SENTENCE = "the street light in front of the school has been broken for three weeks"
Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine in a thread of its own: Playwright's loop occupies this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass
class Left:
    """What a citizen left behind."""

    case_id: UUID
    tracking_code: str
    recording_id: UUID | None
    duration_ms: int
    identifier: str


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
        """A client with a service's token."""
        return BridgeClient(self.url, read_secret(self.settings, f"token_{service}"))

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


@dataclass
class Citizens:
    """Callers, as the bridge sees them: intakes, audio, call reports, then a worker's transcripts."""

    node: Node
    folder: Path
    _seed: int = 0
    _codes: list[str] = field(default_factory=list)
    _sound: dict[str, tuple[Path, int]] = field(default_factory=dict)

    def leaves(
        self,
        *,
        kind: str = "complaint",
        language: str = "en",
        province: str | None = "23",
        says: str | None = SENTENCE,
        callback: str | None = None,
        identifier: str | None = None,
        minutes_ago: float = 0,
        report: bool = False,
    ) -> Left:
        """One citizen phones and leaves a message (`says` None: only a callback)."""
        self._seed += 1
        identifier = identifier or sample_identifier("national_id", self._seed)
        matter = {"kind": kind, "language": language, "province": province}
        matter["callback"] = {"wished": callback} if callback else None
        matter["created_at"] = to_text(now() - timedelta(minutes=minutes_ago))
        return run(self._leave(matter, says, identifier, report))

    def transcribe(
        self, left: Left, text: str, *, language: str = "en", status: str = "done", upto: int | None = None
    ) -> list[dict[str, Any]]:
        """A worker hands over a transcript with words spread over the recording; returns the words."""
        words = _words(text, left.duration_ms)[:upto]
        segment = {
            "speaker": "applicant",
            "start_ms": 0,
            "end_ms": left.duration_ms,
            "text": " ".join(word["text"] for word in words),
            "words": words,
        }
        document = {
            "language": language,
            "model": {"name": "handmade", "sha256": "0" * 64} if words else None,
            "status": status,
            "segments": [segment] if words else [],
            "text": segment["text"],
        }
        run(self._put_transcript(left, document))
        return words

    async def _put_transcript(self, left: Left, document: dict[str, Any]) -> None:
        async with self.node.client("transcription") as bridge:
            assert left.recording_id is not None
            await bridge.put_transcript(left.recording_id, document)

    async def _leave(self, matter: dict[str, Any], says: str | None, identifier: str, report: bool) -> Left:
        record_id = new_id()
        sealed = {
            "identifier_kind": "national_id",
            "identifier": identifier,
            "contact_number": f"+98912{1000000 + self._seed}",
            "caller_number": None,
        }
        async with self.node.client() as bridge:
            if not self._codes:
                self._codes = await bridge.lease_codes("n1", "ivr", 100)
            code = self._codes.pop()
            path, duration_ms = self._spoken(says, matter["language"]) if says else (None, 0)
            recording = _announced(path, duration_ms) if path else None
            intake = matter | {
                "format": 1, "type": "intake", "record_id": str(record_id), "node": "n1", "origin": "ivr",
                "call_id": f"1795500000.{self._seed}", "tracking_code": code, "ended_by": "confirmed",
                "sealed": seal(sealed, read_secret(self.node.settings, "sealing_public")),
                "recording": recording,
            }  # fmt: skip
            receipt = await bridge.post_record(intake)
            if path and recording:
                await bridge.put_audio(recording["recording_id"], path, recording["sha256"])
            if report:
                await bridge.post_record(_report(record_id, matter, self._seed))
        recording_id = UUID(recording["recording_id"]) if recording else None
        assert receipt.case_id
        return Left(receipt.case_id, code, recording_id, duration_ms, identifier)

    def _spoken(self, text: str, language: str) -> tuple[Path, int]:
        """The text as a caller's A-law file, by flite or espeak-ng; and its length in milliseconds."""
        if text not in self._sound:
            wav = self.folder / f"{len(self._sound)}.wav"
            alaw = wav.with_suffix(".alaw")
            if language == "en":
                speak = ["flite", "-voice", "rms", "-t", text, "-o", str(wav)]
            else:
                speak = ["espeak-ng", "-v", "fa", "-s", "140", "-w", str(wav), text]
            subprocess.run(speak, check=True)
            convert = ["sox", str(wav), "-r", "8000", "-c", "1", "-t", "al", str(alaw)]
            subprocess.run(convert, check=True, stderr=subprocess.DEVNULL)
            self._sound[text] = alaw, alaw.stat().st_size // 8
        return self._sound[text]


def _announced(path: Path, duration_ms: int) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "recording_id": str(new_id()), "file": f"call/{path.name}", "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "duration_ms": duration_ms, "encoding": "alaw",
        "rate": 8000, "channels": 1, "speaker": "applicant",
    }  # fmt: skip


def _report(intake_id: UUID, matter: dict[str, Any], number: int) -> dict[str, Any]:
    began = matter["created_at"]
    return {
        "format": 1, "type": "call_report", "record_id": str(new_id()), "call_id": f"1795500000.{number}",
        "node": "n1", "language": matter["language"], "caller_sealed": None, "started_at": began,
        "answered_at": began, "ended_at": to_text(from_text(began) + timedelta(seconds=70)),
        "outcome": "case", "intake_id": str(intake_id), "code_told": True, "journal": SAID["journal"],
    }  # fmt: skip


def _words(text: str, duration_ms: int) -> list[dict[str, Any]]:
    """Words spread over the recording by their length; every seventh one unsure."""
    parts = text.split()
    if not parts:
        return []
    weight = duration_ms / sum(len(part) + 1 for part in parts)
    words, at = [], 0.0
    for index, part in enumerate(parts):
        end = at + weight * (len(part) + 1)
        sure = 0.41 if index % 7 == 5 else 0.97
        words.append({"text": part, "start_ms": round(at), "end_ms": round(end - 20), "confidence": sure})
        at = end
    return words


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A node with an account for each role (its name is the role)."""
    ports = []
    probes = [socket.socket() for _ in range(2)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
        ports.append(int(probe.getsockname()[1]))
    for probe in probes:
        probe.close()
    home = Path(tempfile.mkdtemp(prefix="l1b-", dir="/tmp"))
    running = Node(home, (ports[0], ports[1]))
    yield running
    running.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def citizens(node: Node) -> Citizens:
    """Callers of that node."""
    folder = node.settings.home / "spoken"
    folder.mkdir()
    return Citizens(node, folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, Debian's. Ended with each module: Playwright's loop must not run into others' tests."""
    with sync_playwright() as playwright:
        arguments = ["--autoplay-policy=no-user-gesture-required"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


class Visit:
    """A person at a screen: a page of their own, signed in, its console's errors kept."""

    def __init__(
        self, browser: Browser, node: Node, role: str | None, language: str, size: tuple[int, int]
    ) -> None:
        self.node = node
        self.context = browser.new_context(
            base_url=node.url, viewport={"width": size[0], "height": size[1]}, timezone_id="Asia/Tehran"
        )
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.add_cookies([{"name": "line111_language", "value": language, "url": node.url}])
        if role:
            self._take_session(role)

    def sign_in(self, role: str, password: str = PASSWORD) -> None:
        """Through the door, as a person does."""
        self.page.goto("/sign-in")
        self.page.fill("#username", role)
        self.page.fill("#password", password)
        self.page.click("form.door-form button.btn-primary")

    def _take_session(self, role: str) -> None:
        """The session this role opened before in this node, or a new one: signing in is slow by design."""
        if role not in self.node.sessions:
            self.sign_in(role)
            self.page.wait_for_url("**/")
            kept = {"line111_session", "line111_form"}
            self.node.sessions[role] = [c for c in self.context.cookies() if c["name"] in kept]
        self.context.add_cookies(self.node.sessions[role])

    def open(self, address: str) -> Page:
        """Goes to an address and waits until the page has settled."""
        self.page.goto(address)
        self.page.wait_for_load_state("load")
        return self.page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@pytest.fixture
def until() -> Callable[..., None]:
    """Waits until an expression is true in a page; `wait_for_function` needs eval, which pages refuse."""

    def wait(page: Page, expression: str, seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not page.evaluate(expression):
            assert time.monotonic() < end, f"waited {seconds} s for {expression}"
            page.wait_for_timeout(40)

    return wait


@pytest.fixture
def visit(browser: Browser, node: Node) -> Iterator[Callable[..., Visit]]:
    """Opens a window: `visit("agent", language="fa")`; role None: nobody signed in."""
    visits: list[Visit] = []

    def open_window(
        role: str | None = "agent", language: str = "fa", size: tuple[int, int] = (1366, 768)
    ) -> Visit:
        visits.append(Visit(browser, node, role, language, size))
        return visits[-1]

    yield open_window
    for one in visits:
        one.context.close()
