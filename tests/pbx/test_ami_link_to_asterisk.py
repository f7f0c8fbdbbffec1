"""The controller at a real Asterisk that is killed, frozen and started again."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import redis

from call_routing.ami import ActionRefused, AmiAddress, AmiLink, AmiUnavailable, Tempo
from line111.secrets import read_secret, redis_url
from tests.waiting import until

pytestmark = pytest.mark.pbx

SWIFT = Tempo(ping=0.5, first_retry=0.1, most_retry=0.5)


@pytest.fixture
async def link(asterisk: Any) -> AsyncIterator[AmiLink]:
    """A link with the rights of call_routing; `link.rereads` counts."""

    async def reread() -> None:
        made.rereads += 1  # type: ignore[attr-defined]

    settings = asterisk.settings
    secret = read_secret(settings, "ami_call_routing")
    address = AmiAddress("127.0.0.1", settings.asterisk.ami_port, "call_routing", secret)
    made = AmiLink(address, reread, tempo=SWIFT)
    made.rereads = 0
    made.start()
    await made.wait_until_up(10)
    yield made
    await made.stop()


async def test_everything_is_read_anew_after_asterisk_was_killed_and_started_again(
    asterisk: Any, link: Any
) -> None:
    before = link.rereads
    asterisk.kill()
    await until(lambda: not link.up)
    with pytest.raises(AmiUnavailable):
        await link.ask("CoreStatus")
    await asyncio.to_thread(asterisk.start)
    await link.wait_until_up(20)
    assert link.rereads > before
    assert (await link.ask("CoreStatus")).success


async def test_a_frozen_asterisk_is_noticed_and_the_link_comes_back(asterisk: Any, link: Any) -> None:
    process = int((asterisk.settings.asterisk_dir / "run" / "asterisk.pid").read_text())
    os.kill(process, signal.SIGSTOP)
    try:
        await until(lambda: not link.up, seconds=5)
    finally:
        os.kill(process, signal.SIGCONT)
    await link.wait_until_up(20)


async def test_the_controllers_user_has_no_shell_no_console_no_configuration(link: Any) -> None:
    for action, fields in (
        ("Command", {"Command": "core show version"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("Originate", {"Channel": "Local/s@citizen-line", "Application": "System", "Data": "true"}),
    ):
        with pytest.raises(ActionRefused):
            await link.ask(action, **fields)


@pytest.fixture
def controller(asterisk: Any, own_redis_port: int) -> Iterator[Any]:
    """`python -m call_routing` at this Asterisk; gives its health."""
    environment = asterisk.environment | {
        "LINE111_REDIS": json.dumps({"port": own_redis_port}),
        "LINE111_CALL_ROUTING": json.dumps({"metrics_port": own_redis_port + 1}),
    }
    process = subprocess.Popen([sys.executable, "-P", "-m", "call_routing"], env=environment, cwd="/")

    def ask(path: str = "/health") -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{own_redis_port + 1}{path}", timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    try:
        yield ask
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
def own_redis_port(asterisk: Any) -> Iterator[int]:
    port = asterisk.settings.ivr.metrics_port
    folder = tempfile.mkdtemp(prefix="l111-redis-")
    asterisk.settings.redis.port = port
    password = read_secret(asterisk.settings, "redis_password")
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
        "--requirepass",
        password,
    ]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder)


async def test_a_call_is_on_the_board_while_it_lasts(asterisk: Any, controller: Callable[..., str]) -> None:
    await until(lambda: '"ok": true' in controller(), seconds=20)
    board = redis.Redis.from_url(redis_url(asterisk.settings), decode_responses=True)
    server = await asyncio.start_server(_silent_ivr, "127.0.0.1", asterisk.settings.ivr.port)
    caller = asterisk.phone("hang_up", caller="09121234567", timeout=20)
    try:
        await until(lambda: board.hlen("line111:live:calls") == 1)
        (shown,) = (json.loads(text) for text in board.hvals("line111:live:calls"))
        assert shown["node"] == "test"
        assert "1234" not in shown["caller"]
        assert "line111_calls_live 1.0" in controller("/metrics")
        await until(lambda: board.hlen("line111:live:calls") == 0, seconds=20)
    finally:
        await asyncio.to_thread(caller.wait, 30)
        shutil.rmtree(caller.args[-1], ignore_errors=True)
        server.close()
        board.close()


async def _silent_ivr(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keeps the call until the caller hangs up."""
    await reader.readuntil(b"HANGUP")
    writer.close()
