"""The ivr process: FastAGI server, forwarder, codes, menu, rescue of orphaned calls, metrics."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from functools import partial
from zoneinfo import ZoneInfo

from casebridge.client import BridgeClient
from ivr import metrics
from ivr.agi.server import AgiServer, Limits, Script
from ivr.agi.session import Session
from ivr.bridge_link import fetch_voice, follow_up
from ivr.callback_times import CallbackTimes
from ivr.code_keeper import CodeKeeper
from ivr.code_stock import CodeStock, from_reserve
from ivr.codes import CodeBlock
from ivr.decisions import DecisionDesk
from ivr.drafts import Drafts
from ivr.durable import make_folder
from ivr.forwarder import Forwarder
from ivr.intake import IntakeDesk
from ivr.line import Line
from ivr.menu_keeper import MenuKeeper
from ivr.read_out import read_out
from ivr.rescue import rescue_orphans
from ivr.spool import Spool
from line111.garbage import collect_rarely
from line111.metrics import serve
from line111.secrets import read_secret
from line111.settings import Settings

log = logging.getLogger(__name__)

_RESCUE_SECONDS = 10.0
_METRICS_SECONDS = 2.0
_CALLBACK_TIMES_SECONDS = 60.0
_FILES_A_CALL = 4

CallScript = Callable[[Session, Line, MenuKeeper], Awaitable[None]]
"""Leads one call to its end."""


class Service:
    """Everything the ivr process does, put together from settings.

    Args:
        scripts: what leads a call, by the path of its AGI URL (`agi://host/citizen_line`).

    Raises:
        InvalidMenu: the menu file has mistakes. FileNotFoundError: set-up was not run.
    """

    def __init__(self, settings: Settings, scripts: Mapping[str, CallScript]) -> None:
        self.settings = settings
        self.spool = Spool(settings.spool_dir)
        self.spool.prepare()
        make_folder(settings.calls_dir)
        self.bridge = BridgeClient(settings.bridge.url, read_secret(settings, "token_ivr"))
        self.own_codes = CodeBlock(settings.spool_dir, "ivr")
        self.emergency_codes = CodeBlock(settings.spool_dir, "emergency")
        self.stock = CodeStock(self.own_codes)
        self.drafts = Drafts(settings.spool_dir)
        self.menus = MenuKeeper(settings.ivr.menu, metrics.count)
        self.forwarder = Forwarder(self.spool, settings.calls_dir, self.bridge, on_event=metrics.count)
        self.keeper = self._code_keeper()
        self.callback_times = CallbackTimes(ZoneInfo(settings.country_timezone))
        self.desk = self._desk()
        self.line = self._line()
        self.server = AgiServer(
            {name: self._script(answer) for name, answer in scripts.items()},
            allow=settings.ivr.allow,
            limits=Limits(sessions=settings.ivr.max_calls),
        )

    async def run(self, stop: asyncio.Event, started: Callable[[int], None] = lambda _port: None) -> None:
        """Serve until `stop` is set, then drain: calls in progress get `ivr.drain_seconds`.

        Args:
            started: told the FastAGI port once calls can come.
        """
        own = self.settings.ivr
        _allow_files(own.max_calls * _FILES_A_CALL)
        monitor = serve(own.metrics_port, self.health)
        duties = [
            self.forwarder.run(),
            self.keeper.run(),
            self.menus.watch(),
            self._every(_CALLBACK_TIMES_SECONDS, partial(self.callback_times.ask, self.bridge.office_times)),
            self._every(_RESCUE_SECONDS, self._rescue),
            self._every(_METRICS_SECONDS, self._measure),
        ]
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            started(await self.server.start(own.bind, own.port))
            await stop.wait()
            left = await self.server.drain(own.drain_seconds)
            log.info("drained", extra={"handed_back": left})
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.stock.put_back()
            await self.bridge.aclose()
            monitor.close()

    def reload_menu(self) -> None:
        """SIGHUP: read the menu file now."""
        self.menus.reload()

    def health(self) -> dict[str, object]:
        """For `/health`: the process answers; what is waiting; mistakes of a menu not taken."""
        return {
            "ok": True,
            "calls": len(self.server.sessions),
            "spool": self.spool.counts(),
            "codes": self.own_codes.left() + self.stock.in_hand(),
            "menu_errors": self.menus.errors,
        }

    def _script(self, answer: CallScript) -> Script:
        async def lead(session: Session) -> None:
            await answer(session, self.line, self.menus)

        return lead

    def _code_keeper(self) -> CodeKeeper:
        own = self.settings.ivr
        blocks = {
            "ivr": (self.own_codes, own.code_block_size),
            "emergency": (self.emergency_codes, own.emergency_block_size),
        }
        lease = partial(self.bridge.lease_codes, self.settings.node)
        return CodeKeeper(blocks, lease, self.spool, on_level=_show_codes_left)

    def _desk(self) -> IntakeDesk:
        reserve = partial(
            from_reserve, self.emergency_codes, leave=self.settings.ivr.emergency_block_size // 4
        )
        return IntakeDesk(
            node=self.settings.node,
            origin="ivr",
            spool=self.spool,
            calls_dir=self.settings.calls_dir,
            codes=(self.stock.take, reserve),
        )

    def _line(self) -> Line:
        own = self.settings.ivr
        return Line(
            node=self.settings.node,
            sounds_dir=self.settings.sounds_dir,
            calls_dir=self.settings.calls_dir,
            sealing_public=read_secret(self.settings, "sealing_public"),
            spool=self.spool,
            drafts=self.drafts,
            desk=self.desk,
            decisions=DecisionDesk(self.settings.node, self.spool, self.drafts, self.settings.calls_dir),
            follow_up=partial(follow_up, self.bridge),
            read_out=read_out,
            fetch_voice=partial(fetch_voice, self.bridge),
            wake_forwarder=self.forwarder.wake,
            callback_times=self.callback_times,
            joined_callback=self.forwarder.joined_callback,
            key_seconds=own.key_timeout_seconds,
            message_seconds=own.message_max_seconds,
            silence_seconds=own.message_silence_seconds,
            on_event=metrics.count,
        )

    async def _rescue(self) -> None:
        seconds = self.settings.ivr.orphan_seconds
        if await asyncio.to_thread(rescue_orphans, self.drafts, self.desk, seconds, metrics.count):
            self.forwarder.wake()

    async def _measure(self) -> None:
        for folder, number in self.spool.counts().items():
            metrics.SPOOL.labels(folder).set(number)
        metrics.SPOOL_AGE.set(self.spool.oldest_age())
        metrics.SESSIONS.set(len(self.server.sessions))
        for became, number in asdict(self.server.counters).items():
            metrics.CONNECTIONS.labels(became).set(number)

    @staticmethod
    async def _every(seconds: float, duty: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await duty()
            except Exception:
                log.exception("a background duty failed; it is tried again")
            await asyncio.sleep(seconds)


def _show_codes_left(holder: str, left: int) -> None:
    metrics.CODES_LEFT.labels(holder).set(left)


def _allow_files(wanted: int) -> None:
    """Raise the soft limit of open files as far as the hard one lets us: a call needs a few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def serve_until_stopped(settings: Settings, scripts: Mapping[str, CallScript]) -> None:
    """Run the service until SIGTERM or SIGINT; SIGHUP reads the menu again."""
    service = Service(settings, scripts)
    collect_rarely()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, service.reload_menu)
    await service.run(stop, lambda port: log.info("answering FastAGI", extra={"port": port}))
