"""The controller of a node: Asterisk's events in, the live board and the metrics out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from panoramisk.message import Message
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from call_routing.ami import AmiAddress, AmiError, AmiLink
from call_routing.board import Board
from call_routing.live_calls import LiveCalls
from line111 import clock

log = logging.getLogger(__name__)

_EVENTS = ("Newchannel", "Newstate", "Hangup", "VarSet")
_RECHECK = 15.0
"""Seconds between two looks at the whole list: heals whatever an event did not tell."""


class Measures:
    """What a monitor may want to know."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.live = Gauge("line111_calls_live", "Calls on the line now", registry=registry)
        self.peak = Gauge("line111_calls_peak", "Most calls at once since the start", registry=registry)
        self.calls = Counter("line111_calls", "Calls seen since the start", registry=registry)
        self.ami_up = Gauge("line111_ami_up", "1 while linked to Asterisk", registry=registry)
        self.losses = Gauge("line111_ami_links_lost", "Links lost since the start", registry=registry)
        self.redis_up = Gauge("line111_board_up", "1 while Redis takes the live board", registry=registry)


class Controller:
    """Follows the calls of one node.

    Args:
        address: Asterisk's manager interface.
        redis_url: where the live board is.
        node: this node's name.
    """

    def __init__(
        self,
        address: AmiAddress,
        redis_url: str,
        node: str,
    ) -> None:
        self.calls = LiveCalls(clock.now)
        self.link = AmiLink(address, self._reread)
        self.board = Board(redis_url, node, lambda: list(self.calls.calls.values()))
        self._measures = Measures(REGISTRY)
        self._counted = 0
        for name in _EVENTS:
            self.link.on_event(name, self._take)

    async def run(self) -> None:
        """Until cancelled; everything is taken down in order then."""
        self.link.start()
        work = [asyncio.create_task(part()) for part in (self.board.keep, self._recheck)]
        try:
            await asyncio.gather(*work)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self.link.stop()
            await self.board.close()

    def health(self) -> Mapping[str, object]:
        """For `/health`: well while both Asterisk and Redis are reached."""
        ami = "up" if self.link.up else f"refused: {self.link.refused}" if self.link.refused else "down"
        redis = "up" if self.board.up else "down"
        return {"ok": ami == redis == "up", "ami": ami, "redis": redis, "calls": len(self.calls.calls)}

    def _take(self, event: Message) -> None:
        if self.calls.apply(event):
            self.board.change()
            self._measure()

    async def _reread(self) -> None:
        self.calls.begin_reread()
        self.calls.replace(await self.link.ask_list("CoreShowChannels"))
        self.board.change()
        self._measure()

    async def _recheck(self) -> None:
        """Also keeps the measures of the links fresh."""
        waited = 0.0
        while True:
            await asyncio.sleep(1.0)
            waited += 1.0
            self._measure()
            if waited >= _RECHECK and self.link.up:
                waited = 0.0
                with contextlib.suppress(AmiError):  # the link notices by itself, and reads anew
                    await self._reread()

    def _measure(self) -> None:
        measures = self._measures
        measures.live.set(len(self.calls.calls))
        measures.peak.set(self.calls.peak)
        measures.calls.inc(self.calls.seen - self._counted)
        self._counted = self.calls.seen
        measures.ami_up.set(self.link.up)
        measures.losses.set(self.link.reconnects)
        measures.redis_up.set(self.board.up)
