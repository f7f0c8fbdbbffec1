"""One FastAGI session on asyncio: a command out, its reply back, and the ways a call can end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ivr.agi.protocol import Hangup, ProtocolError, Reply, ReplyParser, encode_command

HANGUP_GRACE = 5.0
"""Seconds a command in progress may still take to be answered after the caller has hung up."""


class CallEnded(Exception):
    """This session can do nothing more for the call."""


class CallerHungUp(CallEnded):
    """The caller has hung up."""


class AsteriskLost(CallEnded):
    """The connection broke, or what came over it was not AGI. The call itself may still be up."""


class AsteriskSilent(AsteriskLost):
    """A command was not answered in its time."""


class CommandRefused(Exception):
    """Asterisk does not know the command or its use (510, 520): the mistake is ours."""


class Session:
    """A channel under our command. Commands go one after the other, as AGI has it.

    Attributes:
        environment: what Asterisk said at the start (`agi_callerid`, `agi_network_script` …).
        hung_up: the caller is gone; every further command raises CallerHungUp.
    """

    __slots__ = (
        "_awaited",
        "_due",
        "_loop",
        "_lost",
        "_parser",
        "_seconds",
        "_timer",
        "_transport",
        "_waiting",
        "environment",
        "hung_up",
    )

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        environment: Mapping[str, str],
        parser: ReplyParser | None = None,
    ) -> None:
        self.environment = environment
        self.hung_up = False
        self._transport = transport
        self._parser = parser or ReplyParser()
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[Reply] | None = None
        self._awaited, self._seconds, self._due = "", 0.0, 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._lost: str | None = None

    async def send(self, name: str, *words: str | int, timeout: float) -> Reply:  # noqa: ASYNC109
        """Send a command and wait for its reply.

        Args:
            timeout: seconds after which Asterisk counts as silent; the connection is then given up.

        Raises:
            CallerHungUp: before, during or by this command.
            AsteriskSilent, AsteriskLost: no reply will come.
            CommandRefused: 510 or 520.
            UnsafeWord, LimitExceeded: the command can't be sent (nothing was).
        """
        line = encode_command(name, *words)
        self._raise_if_over()
        if self._waiting is not None:
            raise RuntimeError("a command is still being answered")
        self._waiting = self._loop.create_future()
        self._expect(name, timeout)
        try:
            self._transport.write(line)
            reply = await self._waiting
        finally:
            self._waiting = None
        return self._checked(reply)

    def feed(self, chunk: bytes) -> None:
        """Take bytes that came from Asterisk."""
        try:
            for event in self._parser.feed(chunk):
                self._take(event)
        except ProtocolError as error:
            self.lose(str(error))

    def lose(self, reason: str) -> None:
        """Give the connection up; whoever waits is told."""
        self._fail(AsteriskLost(reason))

    def close(self) -> None:
        """End the session; Asterisk goes on in the dialplan."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport.close()

    def _take(self, event: Reply | Hangup) -> None:
        if isinstance(event, Hangup):
            self._on_hangup()
        elif self._waiting is None or self._waiting.done():
            raise ProtocolError("a reply to no command")
        else:
            self._waiting.set_result(event)

    def _fail(self, error: AsteriskLost) -> None:
        if self._lost is None:
            self._lost = str(error)
            self._transport.abort()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(CallerHungUp(self._lost) if self.hung_up else error)

    def _expect(self, what: str, seconds: float) -> None:
        """A reply is due in so many seconds. One timer serves all commands: it is set anew only where
        it would come too late, and goes on where it came too early."""
        due = self._due = self._loop.time() + seconds
        self._awaited, self._seconds = what, seconds
        if self._timer is None or self._timer.when() > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(due, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() >= self._due:
            self._fail(AsteriskSilent(f"no reply to {self._awaited} within {self._seconds:g} s"))
        else:
            self._timer = self._loop.call_at(self._due, self._look_at_the_clock)

    def _on_hangup(self) -> None:
        self.hung_up = True
        if self._waiting is not None:
            self._expect("HANGUP", HANGUP_GRACE)

    def _raise_if_over(self) -> None:
        if self.hung_up:
            raise CallerHungUp
        if self._lost is not None:
            raise AsteriskLost(self._lost)

    def _checked(self, reply: Reply) -> Reply:
        if reply.code == 511 or (reply.result == "-1" and reply.data == "hangup"):
            self.hung_up = True
        if self.hung_up:
            raise CallerHungUp
        if reply.code in (510, 520):
            raise CommandRefused(reply.text)
        if reply.code != 200:
            self.lose(f"unexpected reply {reply.code}")
            self._raise_if_over()
        return reply
