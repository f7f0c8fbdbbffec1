"""A caller asks how a case stands: told to who has its code and its identifier alone."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

from ivr.line import BridgeAway, Followed
from tests.unit.ivr.callers import CODE, NATIONAL


async def test_follow_up_reads_out_kind_date_and_status(node, caller):
    citizen = caller("", "3", CODE, NATIONAL)
    call = await node.phone(citizen)
    assert node.questions == [(CODE, "national_id", NATIONAL)]
    for sound in ("followup/kind_is", "kind/complaint", "status/registered", "followup/no_reply"):
        assert f"fa/{sound}" in citizen.heard
    assert "fa/months_jalali/8" in citizen.heard
    assert call.outcome == "followed_up"


async def test_last_reply_is_read_out(node, caller):
    reply = SimpleNamespace(
        text="The lamp is mended.", language="en", at=datetime(2026, 11, 22, tzinfo=UTC),
        answer_id=None, recording_id=None,
    )  # fmt: skip
    node.followed = Followed(
        "complaint", datetime(2026, 11, 20, tzinfo=UTC), "answered", reply, True, uuid4()
    )
    citizen = caller("9", "3", CODE, NATIONAL)
    await node.phone(citizen)
    assert "en/followup/callback_waiting" in citizen.heard
    assert citizen.heard[citizen.heard.index("en/followup/last_reply") + 1].endswith("/reply")


async def test_follow_up_does_not_tell_which_of_code_and_identifier_was_wrong(node, caller):
    node.followed = None
    citizen = caller("", "3", *[CODE, NATIONAL] * 3)
    await node.phone(citizen)
    assert citizen.heard.count("fa/followup/not_found") == 3
    assert len(node.questions) == 3


async def test_follow_up_while_the_bridge_is_away_gets_honest_words(node, caller):
    node.followed = BridgeAway("down")
    citizen = caller("", "3", CODE, NATIONAL)
    await node.phone(citizen)
    assert "fa/system/try_again_later" in citizen.heard
    assert citizen.variables["LINE111_DONE"] == "1"
