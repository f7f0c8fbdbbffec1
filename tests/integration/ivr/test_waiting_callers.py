"""Two thousand callers waiting at a menu cost the ivr little memory and no one's call."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.node import allow_many_files
from benchmarks.waiting_callers import AIM_BYTES, WAITING, resident, wait_at_the_menu


@pytest.mark.load
async def test_a_waiting_caller_costs_less_than_60_kilobytes(ivr_node):
    allow_many_files()
    ivr_node.add_codes("ivr")
    ivr_node.start()
    before = resident(ivr_node.pid)
    port = ivr_node.settings.ivr.port
    links = await asyncio.gather(*(wait_at_the_menu(port, number) for number in range(WAITING)))
    assert ivr_node.health()["calls"] == WAITING
    each = (resident(ivr_node.pid) - before) / WAITING
    for _, writer in links:
        writer.close()
    print(f"{each:.0f} bytes a waiting caller")
    assert each < AIM_BYTES
