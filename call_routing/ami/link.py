"""The link to Asterisk: panoramisk's manager, kept alive, watched, and asked with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from panoramisk.manager import Manager
from panoramisk.message import Message

from call_routing.ami.actions import TrackedAction, Value
from call_routing.ami.errors import ActionRefused, ActionTimedOut, AmiError, AmiUnavailable
from call_routing.ami.protocol import Protocol
from call_routing.backoff import Backoff

log = logging.getLogger(__name__)

OnEvent = Callable[[Message], None]
Reread = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class AmiAddress:
    """Where the manager interface is, and who we are there."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Tempo:
    """How patient the link is; all in seconds."""

    answer: float = 5.0
    """An action's answer."""
    connect: float = 5.0
    """A connection to open."""
    login: float = 10.0
    """Greeting and login."""
    ping: float = 5.0
    """Between pings; an unanswered one when the next is due means the link is dead."""
    first_retry: float = 0.5
    most_retry: float = 15.0


class AmiLink(Manager):  # type: ignore[misc]  # panoramisk is untyped
    """A link that connects again by itself and then has everything read anew.

    Args:
        address: where and who.
        reread: called after each login (and when Asterisk says it has fully booted): whatever was
            known may be outdated. Called again, with growing pauses, while it raises AmiError.
        tempo: time limits.
    """

    def __init__(
        self,
        address: AmiAddress,
        reread: Reread,
        *,
        tempo: Tempo | None = None,
    ) -> None:
        self.tempo = tempo or Tempo()
        self._backoff = Backoff(self.tempo.first_retry, self.tempo.most_retry)
        super().__init__(
            host=address.host,
            port=address.port,
            username=address.user,
            secret=address.secret,
            protocol_factory=Protocol,
            log=log,
        )
        self.reconnects = 0
        """Times the link was lost since the start."""
        self.refused: str | None = None
        """Why Asterisk refused the last login; None: it did not."""
        self._reread = reread
        self._reread_due = asyncio.Event()
        self._up = asyncio.Event()
        self._stopping = False
        self._unanswered: asyncio.Future[Any] | None = None
        self._rereader: asyncio.Task[None] | None = None
        self._login_limit: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self.pinger: asyncio.TimerHandle | None = None
        self.register_event("FullyBooted", lambda _manager, _event: self._reread_due.set())

    # -- what the rest of this room uses

    @property
    def up(self) -> bool:
        """Logged in, and what was to be read anew has been read."""
        return self._up.is_set()

    def start(self) -> None:
        """Connect, and keep connected until `stop`."""
        self.loop = asyncio.get_running_loop()
        self._rereader = self.loop.create_task(self._keep_reread())
        self.connect()

    async def stop(self) -> None:
        """Close for good."""
        self._stopping = True
        if self._retry:
            self._retry.cancel()
        if self._rereader:
            self._rereader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._rereader
        self._drop_timers()
        self._up.clear()
        self.authenticated = False
        if self.protocol is not None:
            self.protocol.close()
            self.protocol.abort()

    async def wait_until_up(self, seconds: float) -> None:
        """Raises AmiUnavailable where the link is not up in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._up.wait()
        except TimeoutError:
            raise AmiUnavailable(f"no link to Asterisk within {seconds:g} s") from None

    def on_event(self, pattern: str, callback: OnEvent) -> None:
        """Have events whose name matches (shell pattern) given to `callback`, in their order."""
        self.register_event(pattern, lambda _manager, event: callback(event))

    async def ask(self, action: str, within: float | None = None, **fields: Value) -> Message:
        """Send an action once; returns its response. `within`: seconds the answer may take.

        Raises:
            UnsafeValue: nothing was sent.
            AmiUnavailable: no link (`sent` False), or it broke before the answer (`sent` True).
            ActionTimedOut: no answer in time; a late one is ignored.
            ActionRefused: Asterisk says no.
        """
        return (await self._perform(TrackedAction({"Action": action, **fields}), within))[0]

    async def ask_list(self, action: str, **fields: Value) -> list[Message]:
        """Send an action whose answer is a list of events; returns them. Raises as `ask`."""
        answer = await self._perform(TrackedAction({"Action": action, **fields}, wants_list=True))
        return answer[1:-1]

    async def _perform(self, action: TrackedAction, within: float | None = None) -> list[Message]:
        protocol = self.protocol
        if not self.authenticated or protocol is None:
            raise AmiUnavailable("no link to Asterisk")
        seconds = within or self.tempo.answer
        future = protocol.send(action, as_list=action.wants_list)
        try:
            async with asyncio.timeout(seconds):
                answer: list[Message] = await future
        except TimeoutError:
            raise ActionTimedOut(action["Action"], seconds) from None
        finally:
            protocol.forget(action)
        if not answer[0].success:
            raise ActionRefused(action["Action"], str(answer[0].message))
        return answer

    # -- panoramisk's manager, mended

    def connect(self, *_args: Any, **_kwargs: Any) -> Any:
        """Open a connection, within a time limit; what comes of it goes to `connection_made`."""
        self.reconnect_timeout = self._backoff.next()
        opening = self.loop.create_task(self._open())
        opening.add_done_callback(self.connection_made)
        return opening

    async def _open(self) -> Any:
        create = self.loop.create_connection(Protocol, self.config["host"], self.config["port"])
        async with asyncio.timeout(self.tempo.connect):  # a TimeoutError is an OSError
            return await create

    def connection_made(self, f: Any) -> None:
        """Log in; where there is no connection, try again later."""
        if self._stopping or f.cancelled():
            if not f.cancelled() and f.exception() is None:
                f.result()[0].abort()
            return
        self._unanswered = None
        try:
            protocol = f.result()[1]
            super().connection_made(f)
        except (OSError, AmiUnavailable) as error:  # refused, too slow, or closed again already
            log.warning("no connection to Asterisk's manager interface: %s", error)
            self._drop_timers()
            self._retry = self.loop.call_later(self.reconnect_timeout, self.connect)
            return
        self._login_limit = self.loop.call_later(self.tempo.login, protocol.abort)
        self._schedule_ping()

    def login(self, future: Any) -> bool:
        """Take the login's answer; a refused one is tried again later, ever more rarely."""
        if future.cancelled() or future.exception() is not None:
            return False
        if self._login_limit:
            self._login_limit.cancel()
        response = future.result()
        self.authenticated = bool(response.success)
        self.refused = None if self.authenticated else str(response.message)
        if self.authenticated:
            self._backoff.reset()
            self._reread_due.set()
        else:
            log.error("Asterisk refuses our login: %s", self.refused)
            self.protocol.abort()
        return self.authenticated

    def _schedule_ping(self) -> None:
        if self.pinger:
            self.pinger.cancel()
        self.pinger = self.loop.call_later(self.tempo.ping, self.ping)

    def ping(self) -> None:
        """Watchdog: ask for a sign of life; give the link up where the last one was never answered."""
        if self._unanswered is not None and not self._unanswered.done():
            log.error("Asterisk has not answered a ping for %g s: closing the link", self.tempo.ping)
            self.protocol.abort()
            return
        with contextlib.suppress(AmiUnavailable):
            self._unanswered = self.protocol.send(TrackedAction({"Action": "Ping"}))
        self._schedule_ping()

    def connection_lost(self, exc: Any) -> None:
        """The link is gone: say so, and come back later."""
        was_up = self.authenticated
        self.authenticated = False
        self._up.clear()
        self._drop_timers()
        self.reconnects += was_up
        if self._stopping:
            return
        log.warning("link to Asterisk lost; trying again in %.1f s", self.reconnect_timeout)
        self._retry = self.loop.call_later(self.reconnect_timeout, self.connect)

    def dispatch(self, event: Any) -> Any:
        """Give an event to who wants it; an error there must not cost the link."""
        try:
            return super().dispatch(event)
        except Exception:
            log.exception("an AMI event could not be handled: %s", event.event)
            return []

    async def send_awaiting_actions(self, *_: Any) -> None:
        """Nothing is ever sent again (panoramisk would send unanswered actions, Originate included)."""

    def _drop_timers(self) -> None:
        for timer in (self.pinger, self._login_limit):
            if timer:
                timer.cancel()
        self.pinger = self._login_limit = None

    async def _keep_reread(self) -> None:
        pause = Backoff(0.2, 5.0)
        while True:
            await self._reread_due.wait()
            self._reread_due.clear()
            if not self.authenticated:
                continue
            try:
                await self._reread()
            except AmiError as error:
                log.warning("could not read Asterisk's state anew: %s", error)
                await asyncio.sleep(pause.next())
                self._reread_due.set()
                continue
            pause.reset()
            if self.authenticated:
                self._up.set()
