"""Ours: `ivr.agi`, as `python -m ivr` runs it."""

from __future__ import annotations

import asyncio
import sys

import uvloop

from benchmarks.agi_peers import COMMANDS
from ivr.agi.commands import AgiChannel
from ivr.agi.server import AgiServer
from ivr.agi.session import Session


async def call(session: Session) -> None:
    """Eighteen commands, one after the other."""
    channel = AgiChannel(session)
    for number in range(COMMANDS):
        await channel.set_variable("step", str(number))


async def main(port: int) -> None:
    """Serve until killed."""
    server = AgiServer(scripts={"citizen_line": call})
    await server.start("127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
