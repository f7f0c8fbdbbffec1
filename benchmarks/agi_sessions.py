"""AGI sessions a second, their p99, and what a waiting caller weighs.

Our FastAGI server against panoramisk's `fast_agi` and pyst2 in threads: 3,000 sessions of the same
eighteen commands, 50 at once, each round a fresh server. Where the machine has two cores, the server
has one and the load the other. panoramisk is measured as it comes (asyncio's own loop) and on uvloop,
which ours uses. Then 2,000 callers at once who wait for a reply: resident memory added by each.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.agi_load import ENVIRONMENT
from benchmarks.rounds import Row, interleave, keep_to_core, median, median_ratio, publish

SESSIONS, CONCURRENCY, WAITING = 3000, 50, 2000
OURS = "line111"
SERVERS = {
    OURS: ("line111_server",),
    "panoramisk": ("panoramisk_server",),
    "panoramisk on uvloop": ("panoramisk_server", "uvloop"),
    "pyst2": ("pyst2_server",),
}
PEERS = (
    ("panoramisk", "panoramisk `fast_agi`", 1.2),
    ("panoramisk on uvloop", "panoramisk `fast_agi` put on uvloop", 1.0),
    ("pyst2", "pyst2 in threads", 2.0),
)


@contextmanager
def serving(name: str) -> Iterator[tuple[int, int]]:
    """Run one of the servers; yields its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    module, *options = SERVERS[name]
    process = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.agi_peers.{module}", str(port), *options], stdout=subprocess.PIPE
    )
    try:
        keep_to_core(process.pid, 0)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", f"{name} did not start"
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def load(name: str, p99s: list[float]) -> float:
    """One round: sessions a second; the round's p99 in milliseconds goes into `p99s`."""
    with serving(name) as (port, _):
        caller = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.agi_load", str(port), str(SESSIONS), str(CONCURRENCY)],
            stdout=subprocess.PIPE,
        )
        keep_to_core(caller.pid, 1)
        said, _ = caller.communicate(timeout=320)
    result = json.loads(said)
    assert result["failed"] == 0, f"{name}: {result['failed']} sessions were cut short"
    p99s.append(result["p99_ms"])
    return float(result["rate"])


def resident(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def waiting_caller() -> float:
    """Bytes a caller costs who waits for Asterisk's reply, of `WAITING` at once."""

    async def hold(port: int, pid: int) -> float:
        before = resident(pid)
        lines = []
        for _ in range(WAITING):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ENVIRONMENT)
            lines.append((reader, writer))
        for reader, _ in lines:
            await reader.readline()
        weight = (resident(pid) - before) / WAITING
        for _, writer in lines:
            writer.close()
        return weight

    with serving(OURS) as (port, pid):
        return asyncio.run(hold(port, pid))


def main() -> None:
    """Measure, print, keep."""
    p99s: dict[str, list[float]] = {name: [] for name in SERVERS}
    rates = interleave({name: partial(load, name, p99s[name]) for name in SERVERS})
    rows = []
    for peer, title, aim in PEERS:
        ratio = median_ratio(rates[OURS], rates[peer])
        rows.append(
            Row(
                what="AGI sessions/s (18 commands), p99",
                ours=f"{median(rates[OURS]):.0f}/s, {median(p99s[OURS][1:]):.0f} ms",
                against=title,
                theirs=f"{median(rates[peer]):.0f}/s, {median(p99s[peer][1:]):.0f} ms",
                ratio=ratio,
                aim=f"≥ {aim} ×" if aim > 1 else "ahead",
                met=ratio >= aim,
                rounds=len(rates[OURS]),
            )
        )
    weights = [waiting_caller() for _ in range(5)]
    rows.append(
        Row(
            what=f"memory a waiting caller, {WAITING} AGI sessions",
            ours=f"{median(weights) / 1000:.1f} kB",
            against="—",
            theirs="—",
            ratio=None,
            aim="< 60 kB",
            met=median(weights) < 60_000,
            rounds=len(weights),
        )
    )
    publish("agi_sessions", rows, packages=("panoramisk", "pyst2", "uvloop"))


if __name__ == "__main__":
    main()
