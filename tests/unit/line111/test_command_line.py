"""The command line explains itself to a stranger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from line111.rooms import ROOMS


def line111(*words: str, home: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would."""
    where = {"LINE111_HOME": str(home)} if home else {}
    return subprocess.run(
        [sys.executable, "-P", "-m", "line111", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1", **where, **environment},
    )


def test_help_names_every_command_and_every_room() -> None:
    said = line111("--help").stdout
    for name in ("setup", "up", "down", "status", "restart", "logs", "doctor", *ROOMS):
        assert f" {name} " in said


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_each_room_explains_its_commands(room: str) -> None:
    done = line111(room, "--help")
    assert done.returncode == 0, done.stderr
    assert f"line111 {room}" in done.stdout


@pytest.mark.parametrize("command", ["setup", "up", "down", "status", "restart", "logs", "doctor"])
def test_each_command_explains_itself(command: str) -> None:
    done = line111(command, "--help")
    assert done.returncode == 0
    assert f"Usage: line111 {command}" in done.stdout


def test_help_starts_without_loading_any_room() -> None:
    code = "import sys; from line111.cli import app\ntry: app(['--help'])\nexcept SystemExit: pass\n"
    rooms = "print([m for m in sys.modules if m.split('.')[0] in ('ivr', 'casebridge', 'transcription')])"
    done = subprocess.run([sys.executable, "-c", code + rooms], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_wrong_setting_is_named_in_plain_words(tmp_path: Path) -> None:
    done = line111("status", home=tmp_path, LINE111_SIP__PORT="70000")
    assert done.returncode == 2
    assert "LINE111_SIP__PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_of_a_node_that_is_not_up_says_how_to_start_it(tmp_path: Path) -> None:
    done = line111("status", home=tmp_path)
    assert done.returncode == 3
    assert "line111 up" in done.stderr


def test_down_where_nothing_runs_is_no_error(tmp_path: Path) -> None:
    done = line111("down", home=tmp_path)
    assert done.returncode == 0
    assert "not running" in done.stdout


def test_up_before_setup_names_the_setup_command(tmp_path: Path) -> None:
    done = line111("up", "--only", "redis", home=tmp_path, LINE111_REDIS__PORT="1")
    assert done.returncode == 1
    assert "line111 setup" in done.stderr


def test_up_with_a_mistyped_program_lists_those_there_are(tmp_path: Path) -> None:
    done = line111("up", "--only", "brige", home=tmp_path)
    assert done.returncode == 2
    assert "bridge" in done.stderr


def test_doctor_speaks_json_on_a_bare_machine(tmp_path: Path) -> None:
    done = line111("doctor", "--json", home=tmp_path / "nothing", LINE111_REDIS__PORT="1")
    findings = {each["name"]: each for each in json.loads(done.stdout)}
    assert done.returncode == 1
    assert findings["secrets"]["level"] == "fault"
    assert "line111 setup" in findings["folders"]["mend"]
