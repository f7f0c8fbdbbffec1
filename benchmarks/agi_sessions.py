"""AGI sessions a second, and their p99.

Our FastAGI server against panoramisk's `fast_agi` and pyst2 in threads: 3,000 sessions of the same
eighteen commands, 50 at once, each round a fresh server; 300 sessions before them warm it up and count
nowhere. Where the machine has two cores, the server has one and the load the other. panoramisk is measured
as it comes (asyncio's own loop) and on uvloop, which ours uses; both are held to the same aim. For p99 the
ratio is theirs to ours, so that more is better in every row.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.rounds import Row, interleave, keep_to_core, median, median_ratio, publish

SESSIONS, CONCURRENCY = 3000, 50
ROUNDS = 5
OURS = "line111"
SERVERS = {
    OURS: ("line111_server",),
    "panoramisk": ("panoramisk_server",),
    "panoramisk on uvloop": ("panoramisk_server", "uvloop"),
    "pyst2": ("pyst2_server",),
}
PEERS = (
    ("panoramisk", "panoramisk `fast_agi`", 1.2),
    ("panoramisk on uvloop", "panoramisk `fast_agi` put on uvloop", 1.2),
    ("pyst2", "pyst2 in threads", 2.0),
)
Figures = dict[str, list[float]]
"""Of each round, by server."""


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


def compared(peer: tuple[str, str, float], rates: Figures, p99s: Figures) -> list[Row]:
    """Two rows: how many sessions, and how long the slow ones of them last."""
    name, title, aim = peer
    figures = (
        ("AGI sessions/s (18 commands)", "{:.0f}/s", rates, median_ratio(rates[OURS], rates[name])),
        ("p99 of an AGI session, 50 at once", "{:.1f} ms", p99s, median_ratio(p99s[name], p99s[OURS])),
    )
    return [
        Row(
            what=what,
            ours=shown.format(median(taken[OURS])),
            against=title,
            theirs=shown.format(median(taken[name])),
            ratio=ratio,
            aim=f"≥ {aim} ×",
            met=ratio >= aim,
            rounds=len(taken[name]),
        )
        for what, shown, taken, ratio in figures
    ]


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agi_sessions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    p99s: Figures = {name: [] for name in SERVERS}
    rates = interleave({name: partial(load, name, p99s[name]) for name in SERVERS}, rounds)
    measured = {name: taken[1:] for name, taken in p99s.items()}  # the first round is unmeasured
    rows = [row for peer in PEERS for row in compared(peer, rates, measured)]
    publish("agi_sessions", rows, packages=("panoramisk", "pyst2", "uvloop"))


if __name__ == "__main__":
    main()
