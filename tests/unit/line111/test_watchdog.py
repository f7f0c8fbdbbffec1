"""systemd hears that a loop turns, and hears nothing more where it hangs."""

from __future__ import annotations

import asyncio
import configparser
import socket
import time
from pathlib import Path

import pytest

from line111 import watchdog
from line111.settings import PROJECT


@pytest.fixture
def ear(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """systemd's end of the socket."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(short_path / "notify"))
    listening.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(short_path / "notify"))
    monkeypatch.setattr(watchdog, "_SECONDS", 0.02)
    return listening


def heard(ear: socket.socket) -> list[bytes]:
    """All that was said since the last look."""
    said = []
    while True:
        try:
            said.append(ear.recv(100))
        except BlockingIOError:
            return said


async def test_a_turning_loop_is_heard_and_a_hanging_one_is_not(ear: socket.socket) -> None:
    async def work() -> None:
        await asyncio.sleep(0.2)
        before = heard(ear)
        assert len(before) > 1
        assert set(before) == {b"READY=1\nWATCHDOG=1"}
        time.sleep(0.2)  # noqa: ASYNC251 - it hangs
        assert not heard(ear)
        await asyncio.sleep(0.2)
        assert heard(ear)

    await watchdog.watched(work())
    heard(ear)
    await asyncio.sleep(0.1)
    assert not heard(ear)
    ear.close()


async def test_without_systemd_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    await watchdog.watched(work())
    assert done.is_set()


@pytest.mark.parametrize("name", ["ivr", "bridge", "call-routing"])
def test_the_unit_of_a_program_with_a_loop_ends_it_where_it_hangs(name: str) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read_string((PROJECT / "deploy" / "systemd" / f"line111-{name}.service").read_text())
    assert int(unit["Service"]["WatchdogSec"]) >= 10 * watchdog._SECONDS
    assert unit["Service"]["WatchdogSignal"] == "SIGKILL"  # what hangs can't end in peace
    assert unit["Service"]["Restart"] == "always"
