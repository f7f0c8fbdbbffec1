"""Real servers that take messages: an SMS centre over SMPP, a gateway over HTTP, a mail server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy import select

from casebridge.cases.models import Case
from casebridge.notifications import service
from casebridge.notifications.models import Notification
from casebridge.notifications.providers.file import HttpEntry, read_providers
from casebridge.notifications.providers.interface import Result
from line111.clock import now
from line111.secrets import ensure_secrets, write_secret
from line111.settings import NotificationSettings, Settings
from tests import waiting

BIND, SUBMIT, DELIVER, UNBIND, ENQUIRE = 0x09, 0x04, 0x05, 0x06, 0x15
ANSWER = 0x80000000


@dataclass
class Submitted:
    """A submit_sm as it came over the wire."""

    to: str
    esm_class: int
    data_coding: int
    body: bytes
    reference: str


class SmsCentre:
    """An SMS centre (SMPP 3.4) with its own reading and writing of bytes: it shares no code with the product.

    Attributes:
        statuses: command_status of the next submits; afterwards 0.
        silent: answers no submit while True.
        hang_up: ends the connection at the next submit, after having taken it.
    """

    def __init__(self) -> None:
        self.submitted: list[Submitted] = []
        self.statuses: list[int] = []
        self.silent = False
        self.hang_up = False
        self.binds = 0
        self.delivered: dict[int, int] = {}
        self.port = 0
        self._count = 0
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens, at the port it had before where there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Gone, with every connection."""
        if self._writer:
            self._writer.close()
        if self._server:
            self._server.close()

    async def deliver(
        self,
        text: bytes,
        *,
        receipt: bool = False,
        sender: str = "989121234567",
        esm_class: int = 0,
        coding: int = 0,
    ) -> int:
        """Sends a deliver_sm; returns its number, by which `delivered` tells the answer's status."""
        self._count += 1
        source = b"\0\x01\x01" + sender.encode() + b"\0" + b"\0\x01111\0"
        body = source + bytes((0x04 if receipt else esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, coding, 0))
        self._write(DELIVER, self._count, body + bytes((len(text),)) + text)
        return self._count

    async def answered(self, number: int, seconds: float = 8.0) -> int:
        """The status a deliver_sm was answered with."""
        async with asyncio.timeout(seconds):
            while number not in self.delivered:  # noqa: ASYNC110 - the other side writes a plain dict
                await asyncio.sleep(0.01)
        return self.delivered[number]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, status, number = struct.unpack(">LLLL", await reader.readexactly(16))
                self._take(command, status, number, await reader.readexactly(length - 16))

    def _take(self, command: int, status: int, number: int, body: bytes) -> None:
        if command == BIND:
            self.binds += 1
            right = body.startswith(b"line111\0secret\0")
            self._write(BIND | ANSWER, number, b"centre\0", 0 if right else 0x0E)
        elif command == SUBMIT:
            self._submit(number, body)
        elif command == DELIVER | ANSWER:
            self.delivered[number] = status
        elif command in {UNBIND, ENQUIRE}:
            self._write(command | ANSWER, number, b"")

    def _submit(self, number: int, body: bytes) -> None:
        if status := (self.statuses.pop(0) if self.statuses else 0):
            self._write(SUBMIT | ANSWER, number, b"", status)
            return
        _service, rest = body.split(b"\0", 1)
        _source, rest = rest[2:].split(b"\0", 1)
        to, rest = rest[2:].split(b"\0", 1)
        esm_class, rest = rest[0], rest[3:]
        _schedule, rest = rest.split(b"\0", 1)
        _validity, rest = rest.split(b"\0", 1)
        coding, size, text = rest[2], rest[4], rest[5:]
        assert len(text) == size
        reference = f"m{len(self.submitted) + 1}"
        self.submitted.append(Submitted(to.decode(), esm_class, coding, text, reference))
        if self.hang_up and self._writer:
            self.hang_up = False
            self._writer.close()
        elif not self.silent:
            self._write(SUBMIT | ANSWER, number, reference.encode() + b"\0")

    def _write(self, command: int, number: int, body: bytes, status: int = 0) -> None:
        assert self._writer
        self._writer.write(struct.pack(">LLLL", 16 + len(body), command, status, number) + body)

    def text(self, first: int = 0) -> str:
        """The submitted parts put together as a telephone does."""
        whole = ""
        for part in self.submitted[first:]:
            body = part.body[part.body[0] + 1 :] if part.esm_class & 0x40 else part.body
            whole += body.decode("utf-16-be") if part.data_coding == 8 else body.decode("latin-1")
        return whole


@pytest.fixture
async def sms_centre() -> AsyncIterator[SmsCentre]:
    """A running SMS centre that knows the system id `line111` with the password `secret`."""
    centre = SmsCentre()
    await centre.start()
    yield centre
    await centre.stop()


@dataclass
class Gateway:
    """An HTTP SMS gateway.

    Attributes:
        answers: `(status, JSON)` of the next requests; afterwards success.
        delay: seconds before it answers.
    """

    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    delay: float = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request after the other."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                size = int({name.lower(): value for name, value in fields.items()}.get("content-length", 0))
                body = await reader.readexactly(size)
                self.received.append(
                    {"line": head.split("\r\n")[0], "headers": fields, "body": json.loads(body or b"{}")}
                )
                await asyncio.sleep(self.delay)
                status, answer = self.answers.pop(0) if self.answers else (200, self._taken())
                content = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
                )
                await writer.drain()

    def _taken(self) -> dict[str, Any]:
        return {"result": {"code": 0, "id": f"g{len(self.received)}"}}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A running HTTP gateway."""
    made = Gateway()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


class Mailbox:
    """A mail server's handler that keeps what it takes; `refuse` is answered to every receiver."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.refuse: str | None = None
        self.port = 0

    async def handle_RCPT(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes a receiver or refuses it."""
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        """Keeps a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 kept"


class OnAnyPort(Controller):
    """Listens where the system says (the library's own check assumes a known port)."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A running mail server."""
    box = Mailbox()
    controller = OnAnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


@pytest.fixture
def providers() -> str:
    """The file of providers (TOML); empty: none. A test module says what it wants."""
    return ""


@pytest.fixture
def awake() -> dict[str, Any]:
    """Settings of notifications beside the file; by default nobody sleeps."""
    return {"quiet_from": time(0), "quiet_until": time(0)}


@pytest.fixture
def make_home(
    make_home: Callable[..., Settings], providers: str, awake: dict[str, Any]
) -> Callable[..., Settings]:
    """Homes whose notifications go where this test wants them."""

    def make(**changes: Any) -> Settings:
        settings = make_home(**changes)
        file = None
        if providers:
            file = settings.home / "providers.toml"
            file.write_text(providers, encoding="utf-8")
        settings.notifications = NotificationSettings(providers=file, **awake)
        write_secret(settings, "sms_password", "secret")
        entries = read_providers(file)
        ensure_secrets(settings, [entry.token for entry in entries if isinstance(entry, HttpEntry)])
        return settings

    return make


Tell = Callable[..., Awaitable[UUID]]


@pytest.fixture
def open_case(api: Any) -> Callable[..., Awaitable[UUID]]:
    """A case of a caller with a mobile; returns its id."""

    async def make(**numbers: str) -> UUID:
        sealed = {
            "identifier_kind": "national_id",
            "identifier": "0084575948",
            "contact_number": "+989121234567",
        }
        (code,) = await api.codes(1) if not numbers.pop("code", None) else ("",)
        record = api.citizen.intake(code)
        record["sealed"] = api.citizen.seal(**(sealed | numbers))
        async with api.client() as client:
            await client.post_record(record)
        async with api.bridge.database.reading() as session:
            found = await session.scalar(select(Case.id).where(Case.tracking_code == code))
        assert found
        await quiet(api, found)
        return UUID(str(found))

    return make


async def quiet(api: Any, case_id: UUID) -> None:
    """Returns when nothing of what opening the case told is on its way."""
    waiting = select(Notification.id).where(
        Notification.case_id == case_id, Notification.state == "waiting", Notification.next_at <= now()
    )
    for _ in range(100):
        api.bridge.sender.wake()
        async with api.bridge.database.reading() as session:
            if await session.scalar(waiting) is None:
                return
        await asyncio.sleep(0.05)


@pytest.fixture
def tell(api: Any) -> Tell:
    """Tells the applicant of a case; returns the message's id."""

    async def make(case_id: UUID, template: str = "referred", step: str = "1", **values: Any) -> UUID:
        async with api.bridge.database.writing() as session:
            await service.notify_applicant(session, case_id, template, values, step=step)
        api.bridge.sender.wake()
        async with api.bridge.database.reading() as session:
            key = f"{case_id}:{template}:{step}"
            return UUID(str(await session.scalar(select(Notification.id).where(Notification.key == key))))

    return make


@pytest.fixture
def becomes(api: Any) -> Callable[..., Awaitable[Notification]]:
    """Waits until a message is in a state; returns its row."""

    async def wait(message_id: UUID, *states: str, seconds: float = 10.0) -> Notification:
        row = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    async with api.bridge.database.reading() as session:
                        row = await session.get_one(Notification, message_id)
                    if row.state in states:
                        return row
                    await asyncio.sleep(0.05)
        assert row
        pytest.fail(f"it stayed {row.state} ({row.last_error}, attempts {row.attempts})")

    return wait


@pytest.fixture
def hurry(api: Any) -> Callable[[UUID], Awaitable[None]]:
    """The message's next time has come, and providers have rested."""

    async def make(message_id: UUID) -> None:
        async with api.bridge.database.writing() as session:
            row = await session.get_one(Notification, message_id)
            row.next_at = row.created_at
        for desk in api.bridge.desks:
            desk.health.seen(Result.SENT)
        api.bridge.sender.wake()

    return make


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Asks until the answer is true."""
    return waiting.until
