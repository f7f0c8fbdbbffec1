"""One connection to an SMS centre: bound, kept alive, many messages on the way at once.

What the centre sends is acknowledged only after the handler has returned, that is after the commit: a
receipt or a citizen's answer that we lose in a crash is sent again by the centre.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from smpplib import consts, smpp

LARGEST: Final = 64 * 1024
"""Longest PDU read, in bytes; nothing of the standard comes near it."""
TRY_AGAIN: Final = consts.SMPP_ESME_RX_T_APPN
log = structlog.get_logger("casebridge.notifications.smpp")
Handler = Callable[[Any], Awaitable[None]]


class SmppBroken(Exception):
    """The connection ended or never came about. `asked` is True where a request may have arrived."""

    def __init__(self, reason: str, *, asked: bool = False) -> None:
        super().__init__(reason)
        self.asked = asked


class SmppLink:
    """A bound transceiver session.

    Args:
        heard: Called with each deliver_sm; where it raises, the centre is asked to try again.
        enquire_seconds: Silence after which the centre is asked whether it is there.
        answer_seconds: How long an answer may take.
    """

    def __init__(self, heard: Handler, *, enquire_seconds: float, answer_seconds: float) -> None:
        self._heard = heard
        self._enquire_seconds = enquire_seconds
        self._answer_seconds = answer_seconds
        self._numbers = itertools.cycle(range(1, 0x7FFFFFFF))
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._writing = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self.ended = asyncio.Event()

    sequence = 0

    def next_sequence(self) -> int:
        """The next sequence number (smpplib asks for it)."""
        return next(self._numbers)

    async def bind(
        self, host: str, port: int, *, tls: bool, system_id: str, password: str, system_type: str
    ) -> None:
        """Connects and binds. Raises SmppBroken."""
        context = ssl.create_default_context() if tls else None
        try:
            async with asyncio.timeout(self._answer_seconds):
                self._reader, self._writer = await asyncio.open_connection(host, port, ssl=context)
        except (OSError, TimeoutError) as error:
            raise SmppBroken(type(error).__name__) from None
        self._start(self._read_for_ever())
        self._start(self._ask_for_ever())
        try:
            answer = await self.request(
                "bind_transceiver",
                system_id=system_id,
                password=password,
                system_type=system_type,
                interface_version=0x34,
                addr_ton=0,
                addr_npi=0,
                address_range="",
            )
        except SmppBroken:
            await self.close()
            raise
        if answer.status != consts.SMPP_ESME_ROK:
            await self.close()
            raise SmppBroken(f"bind refused: {answer.status:#x}")

    async def request(self, name: str, **fields: Any) -> Any:
        """Sends a request and returns its answer, whatever its status. Raises SmppBroken."""
        if self.ended.is_set():
            raise SmppBroken("not connected")
        question = smpp.make_pdu(name, client=self, **fields)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[question.sequence] = answer
        try:
            await self._send(question)
            async with asyncio.timeout(self._answer_seconds):
                return await answer
        except TimeoutError:
            raise SmppBroken("no answer in time", asked=True) from None
        finally:
            self._waiting.pop(question.sequence, None)

    async def close(self) -> None:
        """Says goodbye where somebody listens, and ends the connection."""
        if not self.ended.is_set():
            with contextlib.suppress(SmppBroken, asyncio.CancelledError):
                async with asyncio.timeout(1):
                    await self.request("unbind")
        self._end("closed")
        for task in list(self._work):
            task.cancel()
        if hasattr(self, "_writer"):
            self._writer.close()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _end(self, reason: str) -> None:
        """Whoever waits for an answer learns that none will come."""
        self.ended.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(SmppBroken(reason, asked=True))

    async def _send(self, message: Any) -> None:
        async with self._writing:
            try:
                self._writer.write(message.generate())
                await self._writer.drain()
            except (OSError, RuntimeError) as error:
                raise SmppBroken(type(error).__name__, asked=True) from None

    async def _read_for_ever(self) -> None:
        try:
            while not self.ended.is_set():
                self._take(await self._read_one())
        except (OSError, EOFError, ValueError) as error:
            log.info("smpp_link_ended", reason=type(error).__name__)
        finally:
            self._end("the link ended")
            self._writer.close()

    async def _read_one(self) -> bytes:
        head = await self._reader.readexactly(4)
        (length,) = struct.unpack(">L", head)
        if not 16 <= length <= LARGEST:
            raise ValueError(f"a PDU of {length} bytes")
        return head + await self._reader.readexactly(length - 4)

    def _take(self, raw: bytes) -> None:
        _length, code, status, sequence = struct.unpack(">LLLL", raw[:16])
        message = self._parsed(raw)
        if code & 0x80000000:
            answer = self._waiting.get(sequence)
            if answer and not answer.done():
                answer.set_result(message if message is not None else _Bare(status))
            return
        self._start(self._respond(message, sequence))

    def _parsed(self, raw: bytes) -> Any:
        """The PDU, or None where it can't be read: the library raises many things at bad bytes."""
        try:
            return smpp.parse_pdu(raw, client=self, allow_unknown_opt_params=True)
        except Exception as error:
            log.warning("smpp_pdu_unreadable", error=type(error).__name__)
            return None

    async def _respond(self, message: Any, sequence: int) -> None:
        name = message.command if message is not None else ""
        if name == "deliver_sm":
            status = await self._status_of(message)
            await self._answer("deliver_sm_resp", sequence, status)
        elif name == "enquire_link":
            await self._answer("enquire_link_resp", sequence, consts.SMPP_ESME_ROK)
        elif name == "unbind":
            await self._answer("unbind_resp", sequence, consts.SMPP_ESME_ROK)
            self._end("the centre unbound")
        else:
            await self._answer("generic_nack", sequence, consts.SMPP_ESME_RINVCMDID)

    async def _status_of(self, message: Any) -> int:
        try:
            await self._heard(message)
        except Exception as error:  # the database away, or a fault of ours: it must come again
            log.warning("smpp_message_not_kept", error=type(error).__name__)
            return int(TRY_AGAIN)
        return int(consts.SMPP_ESME_ROK)

    async def _answer(self, name: str, sequence: int, status: int) -> None:
        answer = smpp.make_pdu(name, client=self, status=status, sequence=sequence)
        answer.sequence = sequence
        answer.status = status
        with contextlib.suppress(SmppBroken):
            await self._send(answer)

    async def _ask_for_ever(self) -> None:
        while not self.ended.is_set():
            await asyncio.sleep(self._enquire_seconds)
            try:
                await self.request("enquire_link")
            except SmppBroken:
                self._end("the centre is silent")
                self._writer.close()


class _Bare:
    """An answer without a body, which error answers may be."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.message_id = None
