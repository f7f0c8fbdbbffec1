"""The FastAGI server: one broken connection never hurts another, and an end in peace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ivr.agi.server import AgiServer, Limits, script_name
from ivr.agi.session import AsteriskLost, AsteriskSilent, CallerHungUp, CommandRefused, Session

ENVIRONMENT = b"agi_network_script: line\nagi_callerid: 0912\n\n"


class Peer:
    """Asterisk's side of a connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def command(self) -> str:
        return (await asyncio.wait_for(self.reader.readline(), 5)).decode().rstrip("\n")

    def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\n")

    async def closed(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(1), 5) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def serving(script, **options) -> AsyncIterator[tuple[AgiServer, Callable]]:
    server = AgiServer({"line": script}, **options)
    port = await server.start("127.0.0.1", 0)
    writers = []

    async def connect(first: bytes = ENVIRONMENT) -> Peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        writer.write(first)
        return Peer(reader, writer)

    try:
        yield server, connect
    finally:
        for writer in writers:
            writer.close()
        await server.drain(0)


async def say_hello(session: Session) -> None:
    await session.send("VERBOSE", "hello", timeout=5)


def ending_with(errors: list[Exception], *, timeout: float = 5) -> Callable:
    async def script(session: Session) -> None:
        try:
            while True:
                await session.send("NOOP", timeout=timeout)
        except Exception as error:
            errors.append(error)
            raise

    return script


async def test_command_and_reply_go_back_and_forth():
    async with serving(say_hello) as (_, connect):
        peer = await connect()
        assert await peer.command() == 'VERBOSE "hello"'
        peer.say("200 result=1")
        assert await peer.closed()


async def test_connections_that_open_and_close_or_talk_nonsense_hurt_no_other():
    async with serving(say_hello, limits=Limits(line=1000)) as (server, connect):
        good = await connect()
        (await connect(b"")).writer.close()
        assert await (await connect(b"GET / HTTP/1.1\r\n\r\n")).closed()
        assert await (await connect(b"agi_x: " + b"y" * 5000)).closed()
        assert await (await connect(b"agi_network_script: other\n\n")).closed()
        nonsense = await connect()
        nonsense.say("what?")
        assert await good.command() == 'VERBOSE "hello"'
        good.say("200 result=1")
        assert await good.closed()
        assert server.counters.broken >= 3
        assert server.counters.unknown_script == 1


async def test_connection_that_never_says_who_it_is_is_closed():
    async with serving(say_hello, limits=Limits(environment_seconds=0.1)) as (_, connect):
        assert await (await connect(b"agi_network: yes\n")).closed()


async def test_address_outside_the_allowed_networks_is_closed_unread():
    async with serving(say_hello, allow=["10.0.0.0/8", "fd00::/8"]) as (server, connect):
        assert await (await connect()).closed()
        assert server.counters.not_allowed == 1
        assert not server.sessions


async def test_one_call_too_many_is_left_to_the_next_host():
    async with serving(say_hello, limits=Limits(sessions=1)) as (_, connect):
        first = await connect()
        await first.command()
        assert await (await connect()).closed()


async def test_hang_up_ends_the_call_at_the_next_command():
    errors: list[Exception] = []
    async with serving(ending_with(errors)) as (_, connect):
        peer = await connect()
        await peer.command()
        peer.say("HANGUP")
        peer.say("200 result=-1")
        assert await peer.closed()
    assert isinstance(errors[0], CallerHungUp)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("511 Command Not Permitted on a dead channel", CallerHungUp),
        ("200 result=-1 (hangup) endpos=4", CallerHungUp),
        ("510 Invalid or unknown command", CommandRefused),
        ("nonsense", AsteriskLost),
        ("600 result=0", AsteriskLost),
    ],
)
async def test_each_way_a_command_can_fail_has_its_name(reply, error):
    errors: list[Exception] = []
    async with serving(ending_with(errors)) as (_, connect):
        peer = await connect()
        await peer.command()
        peer.say(reply)
        assert await peer.closed()
    assert type(errors[0]) is error


async def test_silent_asterisk_is_given_up_after_the_commands_time():
    errors: list[Exception] = []
    async with serving(ending_with(errors, timeout=0.1)) as (_, connect):
        assert await (await connect()).command() == "NOOP"
        await asyncio.sleep(0.3)
    assert isinstance(errors[0], AsteriskSilent)


async def test_broken_connection_is_not_taken_for_a_hang_up():
    errors: list[Exception] = []
    async with serving(ending_with(errors)) as (server, connect):
        peer = await connect()
        await peer.command()
        peer.writer.close()
        while server.sessions:  # noqa: ASYNC110 - the end of another task
            await asyncio.sleep(0.01)
    assert type(errors[0]) is AsteriskLost


async def test_drain_waits_for_calls_in_progress_and_takes_no_more():
    async with serving(say_hello) as (server, connect):
        peer = await connect()
        await peer.command()
        drained = asyncio.create_task(server.drain(5))
        await asyncio.sleep(0.05)
        with pytest.raises(OSError):
            await connect()
        peer.say("200 result=1")
        assert await drained == 0


async def test_drain_hands_back_calls_that_take_too_long():
    async with serving(say_hello) as (server, connect):
        peer = await connect()
        await peer.command()
        assert await server.drain(0.05) == 1
        assert await peer.closed()


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"agi_network_script": "citizen_line"}, "citizen_line"),
        ({"agi_network_script": "/citizen_line?x=1"}, "citizen_line"),
        ({"agi_request": "agi://127.0.0.1:4573/citizen_line"}, "citizen_line"),
        ({}, ""),
    ],
)
def test_script_is_named_by_the_path_of_its_url(environment, name):
    assert script_name(environment) == name
