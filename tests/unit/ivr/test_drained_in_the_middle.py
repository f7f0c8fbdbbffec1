"""ivr is stopped while a matter is being written: one matter stays one case with one code."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from ivr.spool import Spool
from persian.identifiers import sample_identifier

NATIONAL = sample_identifier("national_id", 3)


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_a_call_handed_back_while_its_intake_is_written_makes_one_case(
    node, caller, monkeypatch, hangs_up
):
    began, put = threading.Event(), Spool.put

    def slow_disk(spool: Spool, record: dict) -> object:
        if record["type"] == "intake" and not began.is_set():
            began.set()
            time.sleep(0.5)
        return put(spool, record)

    monkeypatch.setattr(Spool, "put", slow_disk)
    citizen = caller("", "1", "2", NATIONAL, "1", "1", "1", hang_up_in_recording=hangs_up)
    call = asyncio.create_task(node.phone(citizen))
    await asyncio.to_thread(began.wait, 5)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    if not hangs_up:
        other = caller()  # the same caller, led by another host
        await node.phone(other)
        assert "fa/code/told_intro" in other.heard
    await asyncio.sleep(0.6)  # nothing goes on behind anybody's back
    assert len(node.records()) == 1
    assert not list((node.spool.folder / "drafts").glob("*.json"))
