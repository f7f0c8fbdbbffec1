"""An Asterisk that only speaks AGI: opens sessions, answers each command at once, takes the time.

Run as a process of its own (`python -m benchmarks.agi_load PORT SESSIONS CONCURRENCY`) so that the
server has a core to itself; prints one JSON object: sessions, seconds, rate, p50 and p99 in ms. A first
few sessions, in which a fresh server warms up and fifty callers arrive in one instant, are not counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

ENVIRONMENT = (
    b"agi_network: yes\nagi_network_script: citizen_line\n"
    b"agi_request: agi://127.0.0.1/citizen_line\nagi_channel: PJSIP/trunk-0000000a\n"
    b"agi_language: fa\nagi_type: PJSIP\nagi_uniqueid: 1700000000.1\nagi_version: 22.10.1\n"
    b"agi_callerid: 09121234567\nagi_calleridname: unknown\nagi_callingpres: 0\nagi_callingani2: 0\n"
    b"agi_callington: 0\nagi_callingtns: 0\nagi_dnid: 111\nagi_rdnis: unknown\n"
    b"agi_context: citizen-line\nagi_extension: 111\nagi_priority: 5\nagi_enhanced: 0.0\n"
    b"agi_accountcode: \nagi_threadid: 140000000\n\n"
)

UNMEASURED = 300
"""Sessions before those that count."""


class Call(asyncio.Protocol):
    """One session: the environment, then a reply a command, until the server closes."""

    def __init__(self, over: asyncio.Future[int]) -> None:
        self.over = over
        self.commands = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the environment."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(ENVIRONMENT)

    def data_received(self, data: bytes) -> None:
        """A line is a command."""
        lines = data.count(b"\n")
        self.commands += lines
        self.transport.write(b"200 result=0\n" * lines)

    def connection_lost(self, error: Exception | None) -> None:
        """The server ended the session."""
        if not self.over.done():
            self.over.set_result(self.commands)


async def run(port: int, sessions: int, concurrency: int) -> dict[str, float]:
    """Hold `concurrency` sessions open until `sessions` are through."""
    loop = asyncio.get_running_loop()
    left = iter(range(-UNMEASURED, sessions))
    taken: list[float] = []
    short = 0
    measured_from = 0.0

    async def caller() -> None:
        nonlocal short, measured_from
        for number in left:
            began = time.perf_counter()
            if number == 0:
                measured_from = began
            over: asyncio.Future[int] = loop.create_future()
            await loop.create_connection(lambda over=over: Call(over), "127.0.0.1", port)  # type: ignore[misc]
            if await over < 18:
                short += 1
            if number >= 0:
                taken.append(time.perf_counter() - began)

    async with asyncio.timeout(300):
        await asyncio.gather(*(caller() for _ in range(concurrency)))
    seconds = time.perf_counter() - measured_from
    taken.sort()
    return {
        "sessions": sessions,
        "seconds": seconds,
        "rate": sessions / seconds,
        "p50_ms": taken[len(taken) // 2] * 1000,
        "p99_ms": taken[int(len(taken) * 0.99)] * 1000,
        "failed": short,
    }


if __name__ == "__main__":
    uvloop.install()
    print(json.dumps(asyncio.run(run(*(int(word) for word in sys.argv[1:4])))))
