"""The demonstration as its reader has it: two citizens phone, both cases come to their end, one JSON object
tells of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from line111.settings import PROJECT
from tests.pbx.conftest import Pbx, free_port

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(900)]

BUILT = ("sounds", "models", "proposals")
"""What set-up has made for the tests of this machine, and need not make again for a node of its own."""
TOLD = {
    "tracking_code", "language", "kind", "status", "recording_seconds", "transcript_status", "transcript",
    "callback_id",
}  # fmt: skip


@pytest.fixture
def node(make_asterisk: Callable[..., Pbx]) -> Pbx:
    """A node that was set up, with nothing started."""
    bridge = free_port()
    node = make_asterisk(
        start=False,
        bridge={"port": bridge, "url": f"http://127.0.0.1:{bridge}"},
        redis={"port": free_port()},
        transcription={"metrics_port": free_port()},
        call_routing={"metrics_port": free_port()},
    )
    for name in BUILT:
        made, here = PROJECT / "var" / name, node.settings.home / name
        here.parent.mkdir(exist_ok=True)
        (shutil.copytree if made.is_dir() else shutil.copy)(made, here)
    line111(node, "setup", check=True)
    return node


def line111(node: Pbx, *words: str, **how: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "line111", *words]
    return subprocess.run(command, env=node.environment, capture_output=True, text=True, timeout=800, **how)


def test_demo_once_ends_with_both_cases_answered_and_accepted_in_one_object(node: Pbx) -> None:
    done = line111(node, "demo", "--once")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    cases = json.loads(done.stdout.splitlines()[-1])["cases"]
    assert {case["language"] for case in cases} == {"fa", "en"}
    for case in cases:
        assert case.keys() >= TOLD
        assert case["tracking_code"] in done.stdout.replace(" ", "")
        assert case["status"] == "accepted"
        assert case["recording_seconds"] > 3
    (english,) = (case for case in cases if case["language"] == "en")
    assert english["transcript_status"] == "done"
    assert "street" in english["transcript"]


def test_demo_once_before_set_up_says_what_to_do_and_has_no_cases(make_asterisk: Callable[..., Pbx]) -> None:
    node = make_asterisk(start=False)
    shutil.rmtree(node.settings.secrets_dir)
    done = line111(node, "demo", "--once")
    assert done.returncode == 1
    assert "line111 setup" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"cases": []}
