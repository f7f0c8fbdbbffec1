"""One bad file of a node's disk must not stop the others: drafts, records, intakes without a code."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from casebridge.client import BridgeUnavailable, NotYet
from casebridge.intakes.schemas import RecordReceipt
from ivr import records
from ivr.code_keeper import CodeKeeper
from ivr.drafts import DraftHeld
from ivr.durable import SpoolFull
from ivr.forwarder import Forwarder
from ivr.rescue import rescue_orphans


def leave_draft(node, call_id: str, sound: bytes) -> None:
    """A call whose process died after the caller had spoken."""
    with node.drafts.hold(call_id) as held:
        held.save(sealed="c2VhbGVk")
        audio = node.desk.audio(held)
        audio.prepare()
        audio.next_part().with_suffix(".alaw").write_bytes(sound)
    grow_old(node)


def grow_old(node, seconds: float = 3600) -> None:
    then = time.time() - seconds
    for path in [*(node.spool.folder / "drafts").iterdir(), *node.calls_dir.rglob("*")]:
        os.utime(path, (then, then))


def test_calls_not_rescued_on_a_full_disk_stay_free_for_the_next_sweep(node, say, monkeypatch):
    for number in range(3):
        leave_draft(node, f"n1-1764.{number}", say(4))

    def full(*_: object) -> None:
        raise SpoolFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(node.spool.__class__, "put", full)
        assert rescue_orphans(node.drafts, node.desk, 90) == 0
    grow_old(node)
    for number in range(3):  # nobody holds them: the emergency script could go on with each
        node.drafts.hold(f"n1-1764.{number}").close()
    grow_old(node)
    assert rescue_orphans(node.drafts, node.desk, 90) == 3
    assert len(node.records()) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a-1.json", b'{"call_id":"a-1","take":"one","sealed":"x"}'),
        ("a-1.json", b'{"call_id":"a-1","record":7,"sealed":"x"}'),
        ("a-1.json", b"[" * 100_000),
        ("a 1.json", b"{}"),
        ("..json", b"{}"),
    ],
)
def test_an_odd_draft_does_not_keep_the_others_from_being_rescued(node, say, name, content):
    (node.spool.folder / "drafts" / name).write_bytes(content)
    leave_draft(node, "n1-1764.5", say(4))
    rescue_orphans(node.drafts, node.desk, 90)
    (intake,) = node.records()
    assert intake["call_id"] == "n1-1764.5"
    with contextlib.suppress(ValueError, DraftHeld):
        node.drafts.hold("a-1").close()


def test_a_call_is_rescued_though_the_clock_was_set_back_meanwhile(node, say):
    leave_draft(node, "n1-1764.5", say(4))
    grow_old(node, -7200)
    assert rescue_orphans(node.drafts, node.desk, 90) == 1


class Bridge:
    """Takes records but those it was told to stumble over."""

    def __init__(self, failing: dict[str, Exception] | None = None) -> None:
        self.failing = failing or {}
        self.taken: list[str] = []

    async def post_record(self, record: dict[str, Any]) -> RecordReceipt:
        if error := self.failing.get(record["call_id"]):
            raise error
        if record.get("intake_id") and record["type"] == "callback_wish" and not self.taken:
            raise NotYet("its intake first")
        self.taken.append(record["call_id"])
        return RecordReceipt(
            record_id=record["record_id"], case_id=None, tracking_code=None, callback_id=None, audio="none"
        )

    async def put_audio(self, *_: object) -> None:
        raise AssertionError("nobody asked for it")


def put_report(node, call_id: str) -> Path:
    return node.spool.put(
        records.call_report(
            node="n1", call_id=call_id, language="fa", caller_sealed=None, started_at=records.moment(),
            outcome="goodbye", intake_id=None, code_told=False, journal=[],
        )
    )  # fmt: skip


async def deliver(node, bridge: Bridge, until: int, seconds: float = 5) -> None:
    forwarder = Forwarder(node.spool, node.calls_dir, bridge, poll_seconds=0.05)
    task = asyncio.create_task(forwarder.run())
    try:
        async with asyncio.timeout(seconds):
            while len(bridge.taken) < until and not task.done():  # noqa: ASYNC110 - the task may end
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("kind", ["folder", "nested", "text", "list"])
async def test_a_file_that_is_no_record_does_not_stop_the_forwarder(node, kind):
    odd = node.spool.incoming / "00000000-0000-7000-8000-000000000000.json"
    if kind == "folder":
        odd.mkdir()
    else:
        odd.write_bytes({"nested": b"[" * 100_000, "text": b"\xff", "list": b"[]"}[kind])
    put_report(node, "n1-1764.5")
    bridge = Bridge()
    await deliver(node, bridge, 1)
    assert bridge.taken == ["n1-1764.5"]


async def test_a_record_the_bridge_stumbles_over_does_not_hold_up_those_behind_it(node):
    put_report(node, "n1-1764.0")
    for number in range(1, 60):
        put_report(node, f"n1-1764.{number}")
    bridge = Bridge({"n1-1764.0": BridgeUnavailable("the bridge answered 500")})
    await deliver(node, bridge, 59)
    assert len(bridge.taken) == 59


async def test_a_wish_that_sorts_before_its_intake_does_not_keep_it_back(node):
    """Two processes of one call, the clock set back between them: the later record has the lower id."""
    report = put_report(node, "n1-1764.5")
    wish = records.callback_wish(node="n1", call_id="n1-1764.5", intake_id=str(uuid4()), wished="asap")
    node.spool.put(wish | {"record_id": "00000000-0000-7000-8000-000000000000"})
    bridge = Bridge()
    await deliver(node, bridge, 2)
    assert not report.exists()
    assert len(bridge.taken) == 2


async def test_what_another_ivr_has_delivered_meanwhile_is_not_reported_as_rejected(node):
    """Two ivr share the spool: the first removes record and audio while the second still asks."""
    recorded = records.Recorded("00000000-0000-7000-8000-000000000001", "n1-1764.5/x.alaw", 1, "0" * 64)
    path = node.spool.put(
        records.intake(
            node="n1", origin="ivr", call_id="n1-1764.5", language="fa", tracking_code="1234567890",
            kind="request", sealed="x", province=None, ended_by="confirmed", recording=recorded,
        )
    )  # fmt: skip
    events: list[str] = []

    class Faster(Bridge):
        async def post_record(self, record: dict[str, Any]) -> RecordReceipt:
            receipt = await super().post_record(record)
            path.unlink()
            return receipt.model_copy(update={"audio": "wanted"})

    bridge = Faster()
    forwarder = Forwarder(node.spool, node.calls_dir, bridge, poll_seconds=0.05, on_event=events.append)
    task = asyncio.create_task(forwarder.run())
    while not bridge.taken:  # noqa: ASYNC110 - the test looks from outside
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "rejected" not in events
    assert list(node.spool.rejected.iterdir()) == []


async def test_an_unreadable_intake_does_not_keep_codes_from_the_others(node):
    (node.spool.uncoded / "00000000-0000-7000-8000-000000000000.json").write_bytes(b"nothing")
    node.spool.put(
        records.intake(
            node="n1", origin="ivr", call_id="n1-1764.5", language="fa", tracking_code=None,
            kind="request", sealed="x", province=None, ended_by="confirmed", recording=None,
        )
    )  # fmt: skip

    async def lease(_holder: str, _count: int) -> list[str]:
        return []

    await CodeKeeper({"ivr": (node.codes, 10)}, lease, node.spool).fill()
    (path,) = node.spool.pending()
    assert json.loads(path.read_bytes())["tracking_code"]


def test_a_report_of_a_call_during_which_the_clock_was_set_back_ends_after_it_began():
    report = records.call_report(
        node="n1", call_id="c", language="fa", caller_sealed=None, started_at="2150-01-01T00:00:00.000Z",
        outcome="goodbye", intake_id=None, code_told=False, journal=[],
    )  # fmt: skip
    assert report["ended_at"] >= report["started_at"]


async def test_a_forwarder_woken_in_the_moment_it_is_ended_ends(node):
    """A wait that swallows its cancellation would hold up the stop of the whole service."""
    forwarder = Forwarder(node.spool, node.calls_dir, Bridge(), poll_seconds=30)
    task = asyncio.create_task(forwarder.run())
    await asyncio.sleep(0.1)
    forwarder.wake()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.done()
