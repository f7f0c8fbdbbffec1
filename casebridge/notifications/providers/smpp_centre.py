"""Sending by SMPP 3.4: UCS-2 for Persian, long messages in parts, receipts and answers as they come."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any, Final

import structlog

from casebridge.notifications.providers.file import SmppEntry
from casebridge.notifications.providers.interface import Ear, Message, Outcome, Result
from casebridge.notifications.providers.smpp_coding import (
    PartOf,
    Parts,
    decimal_of,
    decode,
    encode,
    meaning,
    receipt_in,
)
from casebridge.notifications.providers.smpp_link import SmppBroken, SmppLink
from casebridge.notifications.schemas import Medium

RECEIPT_WANTED: Final = 1
PART_TRIES: Final = 3
PART_PAUSE: Final = 0.5
PARTS_SECONDS: Final = 5.0
"""How long the parts of a long answer are waited for; none is acknowledged before."""
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
log = structlog.get_logger("casebridge.notifications.smpp")


class SmppCentre:
    """An SMS centre, as transceiver: one link for both directions, built anew where it breaks.

    Args:
        entry: Its entry in the file of providers.
        password: Of the system id; at most eight letters (SMPP 3.4, 5.2.2).
        ear: Who hears receipts and messages that come in.
    """

    kept_here = False
    medium = Medium.SMS

    def __init__(self, entry: SmppEntry, password: str, ear: Ear) -> None:
        self.name = entry.name
        self.per_second = entry.per_second
        self.timeout_seconds = entry.timeout_seconds
        self._entry = entry
        self._password = password
        self._ear = ear
        self._link: SmppLink | None = None
        self._connecting = asyncio.Lock()
        self._window = asyncio.Semaphore(entry.window)
        self._number = random.randrange(256)  # noqa: S311 - tells messages of one sender apart
        self._joining: dict[tuple[str, int], _Joining] = {}

    async def send(self, message: Message) -> Outcome:
        """All parts, one after the other; the references of all of them."""
        try:
            link = await self._linked()
        except SmppBroken as broken:
            return Outcome(Result.FAILED, error=str(broken))
        self._number = (self._number + 1) % 256
        parts = encode(message.text, self._number)
        references: list[str] = []
        for body in parts.bodies:
            outcome = await self._part(link, message, parts, body)
            if outcome.result is not Result.SENT:
                begun = bool(references) and outcome.result is Result.FAILED
                return Outcome(Result.UNKNOWN if begun else outcome.result, error=outcome.error)
            references += outcome.references
        return Outcome(Result.SENT, tuple(references))

    async def run(self) -> None:
        """Keeps the link up, so that receipts and answers come when nothing is sent."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                link = await self._linked()
            except SmppBroken as broken:
                log.warning("smpp_waits", provider=self.name, reason=str(broken), seconds=pause)
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = SHORTEST_PAUSE
            await link.ended.wait()

    async def close(self) -> None:
        """Unbinds."""
        if self._link:
            await self._link.close()

    async def _linked(self) -> SmppLink:
        """The link, built where there is none. Raises SmppBroken."""
        async with self._connecting:
            if self._link and not self._link.ended.is_set():
                return self._link
            entry = self._entry
            link = SmppLink(
                self._heard, enquire_seconds=entry.enquire_seconds, answer_seconds=entry.timeout_seconds * 0.8
            )
            await link.bind(
                entry.host,
                entry.port,
                tls=entry.tls,
                system_id=entry.system_id,
                password=self._password,
                system_type=entry.system_type,
            )
            self._link = link
            return link

    async def _part(self, link: SmppLink, message: Message, parts: Parts, body: bytes) -> Outcome:
        """One part; where the centre is too busy it is offered again after a moment."""
        outcome = Outcome(Result.FAILED)
        for attempt in range(PART_TRIES):
            if attempt:
                await asyncio.sleep(PART_PAUSE * attempt)
            outcome = await self._submit(link, message, parts, body)
            if outcome.result is not Result.FAILED:
                break
        return outcome

    async def _submit(self, link: SmppLink, message: Message, parts: Parts, body: bytes) -> Outcome:
        entry = self._entry
        try:
            async with self._window:
                answer = await link.request(
                    "submit_sm",
                    source_addr_ton=entry.sender_ton,
                    source_addr_npi=entry.sender_npi,
                    source_addr=entry.sender,
                    dest_addr_ton=1,
                    dest_addr_npi=1,
                    destination_addr=message.to.lstrip("+"),
                    esm_class=parts.esm_class,
                    data_coding=parts.data_coding,
                    registered_delivery=RECEIPT_WANTED,
                    short_message=body,
                )
        except SmppBroken as broken:
            return Outcome(Result.UNKNOWN if broken.asked else Result.FAILED, error=str(broken))
        result = meaning(answer.status)
        if result is not Result.SENT:
            return Outcome(result, error=f"SMPP status {answer.status:#x}")
        reference = (answer.message_id or b"").decode("latin-1")[:128]
        if entry.receipt_ids == "hex_to_decimal":
            reference = decimal_of(reference)
        return Outcome(Result.SENT, (reference,) if reference else ())

    async def _heard(self, pdu: Any) -> None:
        """A receipt, or a message of a citizen; returns when it is kept."""
        receipt = receipt_in(pdu)
        if receipt is not None:
            if receipt.state and receipt.reference:
                await self._ear.receipt(self.name, receipt.reference, receipt.state)
            return
        sender = (pdu.source_addr or b"").decode("latin-1")
        sender = f"+{sender}" if pdu.source_addr_ton == 1 and not sender.startswith("+") else sender
        body = getattr(pdu, "message_payload", None) or pdu.short_message or b""
        text, place = decode(body, pdu.data_coding or 0, pdu.esm_class or 0)
        if place is None or place.total < 2:
            await self._ear.inbound(self.name, sender, text, None)
        else:
            await self._joined(sender, text, place)

    async def _joined(self, sender: str, text: str, place: PartOf) -> None:
        """Waits until all parts are here, or no more come; all are kept together, then acknowledged."""
        key = sender, place.message
        joining = self._joining.setdefault(key, _Joining(place.total))
        joining.parts[place.number] = text
        if len(joining.parts) >= joining.total:
            joining.whole.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PARTS_SECONDS):
                await joining.whole.wait()
        async with joining.keeping:
            if joining.kept:
                return
            self._joining.pop(key, None)
            whole = "".join(joining.parts[number] for number in sorted(joining.parts))
            await self._ear.inbound(self.name, sender, whole, None)
            joining.kept = True


class _Joining:
    """Parts of a long message that are here."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.parts: dict[int, str] = {}
        self.whole = asyncio.Event()
        self.keeping = asyncio.Lock()
        self.kept = False
