"""A client that sends half a request, or never stops, holds no place and no memory of the bridge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from casebridge import slow_senders
from casebridge.slow_senders import ImpatientProtocol


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that is as impatient as a test must be."""
    monkeypatch.setattr(slow_senders, "HEADER_SECONDS", 0.6)
    monkeypatch.setattr(slow_senders, "BODY_SILENCE_SECONDS", 0.6)
    options: Any = {"lifespan": "off", "log_config": None, "access_log": False, "port": 0}
    server = uvicorn.Server(uvicorn.Config(echo, http=ImpatientProtocol, **options))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side ends the connection within a few seconds."""
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /again HTTP/1.1\r\n",
    ],
)
async def test_half_a_request_does_not_keep_its_connection(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    assert await is_closed(reader)
    writer.close()


async def test_a_header_sent_byte_by_byte_does_not_prolong_the_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ended = asyncio.create_task(is_closed(reader))
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(40):
        if ended.done():
            break
        writer.write(b"a")
        await asyncio.sleep(0.1)
    assert ended.done()
    assert await ended
    writer.close()


async def test_headers_without_end_are_cut_off(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n" + b"X-More: " + b"a" * 200_000)
    assert await is_closed(reader)
    writer.close()


async def test_a_slow_body_and_a_quiet_connection_are_served(port: int) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(8):
            await asyncio.sleep(0.2)
            yield b"x" * 1000

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        assert (await http.post("/", content=slowly())).text == "8000"
        await asyncio.sleep(1.2)  # longer than a header may take: nothing is due between two requests
        assert (await http.post("/", content=b"x" * 300_000)).text == "300000"
