"""What a waiting caller weighs: 2,000 of them at the main menu of the real ivr.

The ivr runs as in production, with the bridge and Redis beside it. 2,000 AGI sessions, each with a call's
whole environment, are led to the main menu as Asterisk leads them, and wait there for the prompt's end and a
key. The figure is what the resident memory of the ivr process has grown by, divided by the callers; each
round has a fresh ivr. `tests/integration/ivr/test_waiting_callers.py` holds the same aim at every test.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from benchmarks.key_to_sound import write_prompts
from benchmarks.node import Node, allow_many_files, running_node
from benchmarks.rounds import Row, median, publish
from benchmarks.transcription_line import end

WAITING = 2000
AIM_BYTES = 60_000
ROUNDS = 5
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def resident(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


async def wait_at_the_menu(port: int, number: int) -> Line:
    """Lead a call to the main menu, whose prompt then goes on and on. Raises EOFError where it is not led."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"agi_network_script: citizen_line\nagi_callerid: 02188554433\n")
    writer.write(b"".join(b"agi_filling_%d: %s\n" % (n, b"x" * 20) for n in range(20)) + b"\n")
    while b"menu/main" not in (line := await reader.readline()):
        if not line:
            raise EOFError("the ivr closed the connection")
        if line.startswith(b"GET VARIABLE"):
            named = b"CALL_ID" in line
            writer.write(b"200 result=1 (n1-%d.1)\n" % number if named else b"200 result=1 ()\n")
        else:
            writer.write(b"200 result=0\n")
    return reader, writer


async def bytes_each(port: int, pid: int, callers: int = WAITING) -> float:
    """Bytes each of so many callers adds to the ivr, all of whom wait at the main menu."""
    before = resident(pid)
    lines = await asyncio.gather(*(wait_at_the_menu(port, number) for number in range(callers)))
    weight = (resident(pid) - before) / callers
    for _, writer in lines:
        writer.close()
    return weight


def weigh(node: Node) -> float:
    """One round: bytes a caller, with an ivr of its own."""
    node.start("ivr")
    try:
        return asyncio.run(bytes_each(node.settings.ivr.port, node.processes["ivr"].pid))
    finally:
        end(node.processes.pop("ivr"), 60)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting_callers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    allow_many_files()
    with running_node("redis", "bridge") as node:
        write_prompts(node.settings.sounds_dir)
        weights = [weigh(node) for _ in range(rounds)]
    row = Row(
        what=f"memory of the ivr a waiting caller, {WAITING} at the main menu",
        ours=f"{median(weights) / 1000:.1f} kB",
        against="—",
        theirs="—",
        ratio=None,
        aim=f"< {AIM_BYTES // 1000} kB",
        met=median(weights) < AIM_BYTES,
        rounds=rounds,
    )
    publish("waiting_callers", [row], packages=("uvloop",))


if __name__ == "__main__":
    main()
