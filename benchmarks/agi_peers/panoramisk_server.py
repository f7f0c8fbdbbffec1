"""The peer of the asyncio kind: panoramisk's `fast_agi.Application`; with `uvloop`, on that loop."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from panoramisk.fast_agi import Application, Request

from benchmarks.agi_peers import COMMANDS


async def call(request: Request) -> None:
    """Eighteen commands, one after the other."""
    for number in range(COMMANDS):
        await request.send_command(f'SET VARIABLE "step" "{number}"')


async def main(port: int) -> None:
    """Serve until killed."""
    application = Application(loop=asyncio.get_running_loop())
    application.add_route("citizen_line", call)
    server = await asyncio.start_server(application.handler, "127.0.0.1", port, backlog=4096)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    run = uvloop.run if "uvloop" in sys.argv else asyncio.run
    run(main(int(sys.argv[1])))
