"""The FastAGI server: who may connect, how many at once, and an end in peace.

Each connection is a task of its own; whatever happens to one is logged and stays there.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast
from urllib.parse import unquote, urlsplit

from ivr.agi.protocol import MAX_LINE, MAX_LINES, Environment, ProtocolError, ReplyParser
from ivr.agi.session import AsteriskLost, CallEnded, Session

log = logging.getLogger(__name__)

Script = Callable[[Session], Awaitable[None]]
"""Leads one call; returns at its end."""
_KEEPALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


@dataclass(frozen=True)
class Limits:
    """What a connection may ask of us; all are security limits."""

    sessions: int = 4000
    """Connections at once; one more is closed at once, and the dialplan tries the next host."""
    environment_seconds: float = 5.0
    """Time from connecting to the end of the environment."""
    line: int = MAX_LINE
    lines: int = MAX_LINES


@dataclass
class Counters:
    """What has happened since the start."""

    accepted: int = 0
    not_allowed: int = 0
    over_limit: int = 0
    broken: int = 0
    failed: int = 0
    unknown_script: int = 0


@dataclass(eq=False)
class AgiServer:
    """Answers FastAGI connections.

    Args:
        scripts: what leads a call, by the path of the script URL (`agi://host/citizen_line`).
        allow: networks (CIDR) that may connect; all others are closed before a byte is read.
    """

    scripts: Mapping[str, Script]
    allow: Iterable[str] = ("127.0.0.0/8",)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.counters = Counters()
        self.sessions: set[_Connection] = set()
        self._networks = [ipaddress.ip_network(network) for network in self.allow]
        self.is_allowed = lru_cache(maxsize=1024)(self._is_allowed)
        """Whether a connection from this address is taken."""
        self._server: asyncio.Server | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (for port 0: the one the system chose). Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), host, port, backlog=1024)
        _notice_dead_peers(self._server)
        return int(self._server.sockets[0].getsockname()[1])

    async def drain(self, seconds: float) -> int:
        """Take no more calls, wait for those in progress, then hand the rest back to the dialplan.

        Returns:
            How many calls were handed back: they go on with another host or the emergency script.
        """
        if self._server is not None:
            self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        rest = [connection.task for connection in self.sessions if connection.task]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        return len(rest)

    def _is_allowed(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)

    def enter(self, connection: _Connection) -> None:
        """A connection begins."""
        self.sessions.add(connection)
        self._empty.clear()

    def leave(self, connection: _Connection) -> None:
        """A connection has ended."""
        self.sessions.discard(connection)
        if not self.sessions:
            self._empty.set()


class _Connection(asyncio.Protocol):
    """Reads the environment, then feeds a session."""

    __slots__ = ("_environment", "_server", "_session", "_timer", "_transport", "task")

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._environment: Environment | None = None
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or close it at once."""
        transport = self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        counters, limits = self._server.counters, self._server.limits
        peer = transport.get_extra_info("peername")
        if not (peer and self._server.is_allowed(str(peer[0]))):
            counters.not_allowed += 1
            log.warning("connection refused: its network is not in ivr.allow", extra={"peer": str(peer)})
            transport.abort()
        elif len(self._server.sessions) >= limits.sessions:
            counters.over_limit += 1
            log.error("connection refused: %d calls are in progress", limits.sessions)
            transport.abort()
        else:
            counters.accepted += 1
            self._server.enter(self)
            self._environment = Environment(max_line=limits.line, max_lines=limits.lines)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(limits.environment_seconds, self._too_slow)

    def data_received(self, data: bytes) -> None:
        """Bytes for the environment first, then for the session."""
        if self._session is not None:
            self._session.feed(data)
        elif self._environment is not None:
            try:
                rest = self._environment.feed(data)
            except ProtocolError as error:
                self._give_up(str(error))
                return
            if self._environment.complete:
                self._begin(self._environment.values, rest)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone."""
        if self._timer is not None:
            self._timer.cancel()
        if self._session is not None:
            self._session.lose("the connection was closed")
        else:
            self._server.leave(self)

    def _begin(self, environment: dict[str, str], rest: bytes) -> None:
        assert self._timer is not None  # noqa: S101 - set when the connection was let in
        self._timer.cancel()
        self._environment = self._timer = None
        name = script_name(environment)
        script = self._server.scripts.get(name)
        if script is None:
            self._server.counters.unknown_script += 1
            self._give_up(f"no script {name!r}")
            return
        limits = self._server.limits
        parser = ReplyParser(max_line=limits.line, max_lines=limits.lines)
        self._session = Session(self._transport, environment, parser)
        if rest:
            self._session.feed(rest)
        self.task = asyncio.get_running_loop().create_task(self._lead(script, self._session))

    async def _lead(self, script: Script, session: Session) -> None:
        try:
            await script(session)
        except AsteriskLost as error:
            self._server.counters.broken += 1
            log.warning("session broken: %s", error)
        except CallEnded:
            pass
        except Exception:
            self._server.counters.failed += 1
            log.exception("a call's script failed")
        finally:
            session.close()
            self._server.leave(self)

    def _too_slow(self) -> None:
        self._give_up("the environment did not come in time")

    def _give_up(self, reason: str) -> None:
        self._server.counters.broken += 1
        log.warning("connection closed: %s", reason)
        self._environment = None
        self._transport.abort()


def script_name(environment: Mapping[str, str]) -> str:
    """The script a session asks for: the path of its URL, without query and slashes."""
    path = environment.get("agi_network_script") or urlsplit(environment.get("agi_request", "")).path
    return unquote(path.partition("?")[0]).strip("/")


def _notice_dead_peers(server: asyncio.Server) -> None:
    """Let the kernel find out within a minute that Asterisk's machine has vanished (tcp(7)).

    Connections inherit it from the socket they come in by.
    """
    for listening in server.sockets:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
