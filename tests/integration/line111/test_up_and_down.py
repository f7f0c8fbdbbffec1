"""Promise 8: what ends is started again without a hand; and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from line111 import node_files, supervision
from line111.ports import Port, holder_of
from line111.probes import NotWell
from line111.programs import Program, named
from line111.secrets import ensure_secrets
from line111.settings import RedisSettings, Settings
from tests.conftest import free_port
from tests.waiting import wait_for


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A node of its own; whatever a test leaves of it is ended."""
    made = Settings(home=tmp_path / "home", redis=RedisSettings(port=free_port()))
    ensure_secrets(made)
    yield made
    supervision.end_orphans(made)


def command(settings: Settings, *words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "line111", *words]


def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "LINE111_HOME": str(settings.home),
        "LINE111_REDIS__PORT": str(settings.redis.port),
        "COLUMNS": "200",
    }


def line111(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(settings, *words), env=environment(settings), capture_output=True, text=True, timeout=90
    )


def redis_pid(settings: Settings) -> int:
    """Process id of a redis that is well; 0 while it is not."""
    done = line111(settings, "status", "--json")
    told = json.loads(done.stdout)["redis"] if done.returncode in (0, 1) and done.stdout else {}
    return int(told["pid"]) if told.get("well") else 0


def manager_pid(settings: Settings) -> int:
    return int(supervision.link_to(settings).call("getPID"))


class Up:
    """`line111 up` in the foreground of somebody's terminal."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.process = subprocess.Popen(
            command(settings, "up", "--only", "redis"),
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_for(lambda: self.process.poll() is not None or redis_pid(settings) > 0)

    def ended(self) -> tuple[int, str]:
        """Its exit code and all it printed."""
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said


@pytest.fixture
def up(settings: Settings) -> Iterator[Up]:
    running = Up(settings)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate(timeout=30)


def nothing_left(settings: Settings) -> bool:
    return not supervision.ours(settings) and holder_of(Port(settings.redis.port)) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_signals_stop_everything(up: Up, number: signal.Signals) -> None:
    up.process.send_signal(number)
    code, said = up.ended()
    assert code == 0
    assert "All are well" in said
    assert nothing_left(up.settings)


def test_down_stops_it_from_another_terminal(up: Up) -> None:
    assert line111(up.settings, "down").returncode == 0
    assert nothing_left(up.settings)
    assert up.ended()[0] == 0


def test_a_killed_program_is_started_again(up: Up) -> None:
    before = redis_pid(up.settings)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: redis_pid(up.settings) not in (0, before))


def test_restart_gives_a_new_process(up: Up) -> None:
    before = redis_pid(up.settings)
    assert line111(up.settings, "restart", "redis").returncode == 0
    wait_for(lambda: redis_pid(up.settings) not in (0, before))


def test_a_killed_process_manager_leaves_nothing_running(up: Up) -> None:
    os.kill(manager_pid(up.settings), signal.SIGKILL)
    code, said = up.ended()
    assert code == 1
    assert "process manager ended" in said
    assert nothing_left(up.settings)


def test_a_killed_up_leaves_nothing_running(up: Up) -> None:
    up.process.kill()
    wait_for(lambda: nothing_left(up.settings))


def test_a_second_up_changes_nothing(up: Up) -> None:
    before = redis_pid(up.settings)
    second = line111(up.settings, "up", "--only", "redis")
    assert second.returncode == 1
    assert "up already" in second.stderr
    assert redis_pid(up.settings) == before


def test_logs_of_a_program_are_kept_and_shown(up: Up) -> None:
    shown = line111(up.settings, "logs", "redis")
    assert "Ready to accept connections" in shown.stdout


def test_a_taken_port_is_named_with_the_process_that_holds_it(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.redis.port))
        taken.listen()
        done = line111(settings, "up", "--only", "redis")
    assert done.returncode == 1
    assert str(settings.redis.port) in done.stderr
    assert f"process {os.getpid()}" in done.stderr


IGNORE = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN = f"{IGNORE}; open('stubborn', 'w'); time.sleep(600)"


def program(code: str, probe: Callable[[Settings], str]) -> Program:
    return Program(
        "stubborn",
        "a program of the test",
        lambda _: [sys.executable, "-c", code],
        lambda _: "",
        probe,
        lambda _: [],
    )


def test_what_an_earlier_run_left_behind_is_ended_and_named_at_the_next_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_ORPHAN_SECONDS", 1)
    node = supervision.Node(settings, [program(STUBBORN, lambda _: "")])
    node.start()
    wait_for((settings.run_dir / "stubborn").exists)
    os.kill(manager_pid(settings), signal.SIGKILL)
    wait_for(lambda: not supervision.link_to(settings).answers())
    assert len(supervision.ours(settings)) == 1  # it ignores the kernel's SIGTERM

    said: list[str] = []
    next_node = supervision.Node(settings, [named("redis")])
    next_node.start(said.append)
    try:
        assert any("earlier run" in words for words in said)
        assert next_node.wait_until_well(30, lambda _: None)
    finally:
        next_node.stop()
    assert nothing_left(settings)


def test_a_program_that_does_not_stay_up_is_tried_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_files, "_START_RETRIES", 1)
    monkeypatch.setattr(supervision, "_FATAL_PAUSE", 0.2)
    wanted = settings.run_dir / "wanted"

    def probe(_: Settings) -> str:
        if not wanted.exists():
            raise NotWell("nothing there yet")
        return "there"

    code = "import os, time; os.path.exists('wanted') and time.sleep(600)"
    node = supervision.Node(settings, [program(code, probe)])
    node.start()
    try:
        gave_up = [False]

        def note(states: list[supervision.State]) -> None:
            gave_up[0] = gave_up[0] or states[0].manager == "FATAL"
            if gave_up[0]:
                wanted.touch()

        assert node.wait_until_well(60, note)
        assert gave_up[0]
    finally:
        node.stop()


def test_a_home_far_down_the_tree_works_too(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / ("far" * 40), redis=RedisSettings(port=free_port()))
    ensure_secrets(settings)
    node = supervision.Node(settings, [named("redis")])
    node.start()
    try:
        assert node.wait_until_well(30, lambda _: None)
    finally:
        node.stop()
