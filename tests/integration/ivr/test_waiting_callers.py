"""Two thousand callers waiting at a menu cost the ivr little memory and no one's call."""

from __future__ import annotations

import asyncio
import os
import resource
from pathlib import Path

import pytest

CALLERS = 2000
LEAST_FILES = 3 * CALLERS


@pytest.mark.load
async def test_a_waiting_caller_costs_less_than_60_kilobytes(ivr_node):
    _allow_files()
    ivr_node.add_codes("ivr")
    ivr_node.start()
    before = _resident(ivr_node)
    links = await asyncio.gather(*(_wait_at_the_menu(ivr_node, number) for number in range(CALLERS)))
    assert ivr_node.health()["calls"] == CALLERS
    each = (_resident(ivr_node) - before) / CALLERS
    for _, writer in links:
        writer.close()
    print(f"{each:.0f} bytes a waiting caller")
    assert each < 60_000


async def _wait_at_the_menu(node, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Lead a call to the main menu, whose prompt then goes on and on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.settings.ivr.port)
    writer.write(b"agi_network_script: citizen_line\nagi_callerid: 02188554433\n")
    writer.write(b"".join(b"agi_filling_%d: %s\n" % (n, b"x" * 20) for n in range(20)) + b"\n")
    while b"menu/main" not in (line := await reader.readline()):
        assert line, "the ivr closed the connection"
        if line.startswith(b"GET VARIABLE"):
            known = b"200 result=1 (n1-%d.1)\n" % number if b"CALL_ID" in line else b"200 result=1 ()\n"
            writer.write(known)
        else:
            writer.write(b"200 result=0\n")
    return reader, writer


def _resident(node) -> int:
    """Bytes of memory the ivr process holds."""
    pages = int(Path(f"/proc/{node.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(LEAST_FILES, hard)), hard))
