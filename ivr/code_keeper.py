"""Keeps the leased blocks of tracking codes filled, so that a code can be told while the bridge is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from casebridge.client import BridgeError, BridgeUnavailable
from ivr.codes import CodeBlock
from ivr.durable import SpoolFull, locked
from ivr.spool import BrokenRecord, Spool

log = logging.getLogger(__name__)

Lease = Callable[[str, int], Awaitable[list[str]]]
"""(holder, count) → codes. Raises BridgeError."""
_LOW = 0.2
"""Part of a block that, once reached, means the bridge has been away too long."""


class CodeKeeper:
    """Fills blocks in the background.

    Args:
        blocks: each block with the number of codes it should hold.
        seconds: between two looks; a wake brings the next one at once.
        on_level: told (holder, codes left) after each look.
    """

    def __init__(
        self,
        blocks: Mapping[str, tuple[CodeBlock, int]],
        lease: Lease,
        spool: Spool,
        *,
        seconds: float = 5.0,
        on_level: Callable[[str, int], None] = lambda _holder, _left: None,
    ) -> None:
        self._blocks = blocks
        self._lease = lease
        self._spool = spool
        self._seconds = seconds
        self._on_level = on_level
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    async def run(self) -> None:
        """Fill until cancelled; whatever fails is tried again at the next look."""
        while True:
            try:
                await self.fill()
            except SpoolFull as full:
                log.critical("no room for leased tracking codes: %s", full)
            except BridgeUnavailable as error:
                log.warning("no tracking codes could be leased: %s", error)
            except BridgeError:
                log.exception("the bridge refuses to lease tracking codes")
            except Exception:
                log.exception("filling the blocks of tracking codes failed")
            self._wake.clear()
            try:
                async with asyncio.timeout(self._seconds):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def fill(self) -> None:
        """Lease what is missing, once a block is half empty; then serve intakes that need a code.

        Raises:
            BridgeError: no codes were to be had. SpoolFull.
        """
        for holder, (block, size) in self._blocks.items():
            left = await asyncio.to_thread(block.left)
            if left < size * _LOW:
                log.error("few tracking codes left", extra={"holder": holder, "left": left})
            self._on_level(holder, left)
            if left <= size // 2:
                codes = await self._lease(holder, size - left)
                await asyncio.to_thread(block.add, codes)
                self._on_level(holder, left + len(codes))
        await asyncio.to_thread(self._give_codes)

    def _give_codes(self) -> None:
        """Intakes taken in while no code was to be had get theirs now, and go on to the bridge."""
        block, _ = self._blocks["ivr"]
        with locked(self._spool.folder / "codes" / "uncoded.lock"):  # another ivr gives codes as well
            for path in self._spool.waiting_for_code():
                if (self._spool.incoming / path.name).exists():
                    path.unlink()  # it got its code already; we died before forgetting it here
                    continue
                try:
                    self._spool.read(path)  # before a code is taken for it
                except BrokenRecord as error:
                    log.critical("an intake was rejected and is kept: %s", error)
                    self._spool.reject(path, str(error))
                    continue
                self._spool.add_code(path, block.take(1)[0])
