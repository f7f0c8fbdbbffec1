"""What becomes of a reply's sound: it is one applicant's, and a call's other sound is not touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ivr.line import Followed
from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code

CODE, IDENTIFIER = make_tracking_code(7), sample_identifier("national_id", 7)
OPENED = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def replied(node):
    """A node whose bridge knows a reply, and which really writes its sound."""

    async def read_out(_language: str, _text: str, folder: Path) -> Path:
        (folder / "reply.alaw").write_bytes(b"private words")
        return folder / "reply"

    reply = SimpleNamespace(
        text="we have mended it", language="en", at=OPENED, answer_id=None, recording_id=None
    )
    node.followed = Followed("complaint", OPENED, "answered", reply, False, uuid4())
    node.line = replace(node.line, read_out=read_out)
    return node


async def test_a_reply_stays_on_no_disk_though_the_caller_hangs_up_while_it_is_read(replied, caller):
    citizen = caller("", "3", CODE, IDENTIFIER)
    listened = citizen.play

    async def play(sounds):
        if sounds[0].name == "reply":
            citizen._hang_up()
        return await listened(sounds)

    citizen.play = play
    await replied.phone(citizen)
    assert citizen.hung_up
    assert list(replied.calls_dir.rglob("*")) == []


async def test_a_message_of_the_same_call_that_waits_for_the_bridge_is_not_removed(replied, caller):
    message = replied.calls_dir / "n1-1764.5" / "message.alaw"
    message.parent.mkdir()
    message.write_bytes(b"spoken")
    call = await replied.phone(caller("", "3", CODE, IDENTIFIER))
    assert call.outcome == "followed_up"
    assert list(message.parent.iterdir()) == [message]


def test_a_menu_nested_without_end_is_named_as_a_mistake(tmp_path):
    from ivr.menu import check_menu

    file = tmp_path / "menu.toml"
    file.write_text("x=" + "[" * 10_000)
    (mistake,) = check_menu(file)
    assert "nested" in str(mistake)
