"""Asterisk as a process of this node: its rights, its end, its return."""

from __future__ import annotations

import pwd
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from asterisk_conf.checks import findings
from asterisk_conf.running import NotRunning, beside_asterisk, process_id

pytestmark = pytest.mark.pbx


def _status(number: int) -> dict[str, str]:
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_asterisk_runs_as_its_own_user_without_any_right_to_gain(asterisk):
    status = _status(process_id(asterisk.settings))
    assert status["Uid"].split() == [str(pwd.getpwnam("asterisk").pw_uid)] * 4
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"


def test_process_started_is_asterisk_itself_so_signals_reach_it(asterisk):
    assert asterisk.process.pid == process_id(asterisk.settings)


def test_asterisk_sees_no_secrets_and_no_database(asterisk):
    world = Path(f"/proc/{process_id(asterisk.settings)}/root")
    home = world / str(asterisk.settings.home)[1:]
    assert {entry.name for entry in home.iterdir()} == {
        "asterisk",
        "calls",
        "spool",
        "sounds",
        "emergency-site",
    }
    assert not (world / "root").exists()


def test_asterisk_cannot_change_its_own_configuration(asterisk):
    mounts = Path(f"/proc/{process_id(asterisk.settings)}/mounts").read_text().splitlines()
    flags = {line.split()[1]: line.split()[3].split(",") for line in mounts}
    for folder in ("etc", "agi-bin"):
        assert "ro" in flags[str(asterisk.settings.asterisk_dir / folder)]
    assert {"rw", "noexec", "nosuid"} <= set(flags[str(asterisk.settings.spool_dir)])


def test_asterisk_sees_no_process_of_anybody_else(asterisk):
    listing = beside_asterisk(asterisk.settings, "/bin/sh", "-c", "cat /proc/[0-9]*/status")
    seen = subprocess.run(listing, capture_output=True, text=True, cwd="/", check=False).stdout
    users = {line.split()[1] for line in seen.splitlines() if line.startswith("Uid:")}
    assert users == {str(pwd.getpwnam("asterisk").pw_uid)}


def test_every_module_loads_without_an_error_in_the_log(asterisk):
    log = (asterisk.settings.asterisk_dir / "log" / "asterisk.json").read_text()
    assert '"level":"ERROR"' not in log
    for name in ("app_queue", "app_mixmonitor", "cdr_custom", "cel_custom", "res_prometheus"):
        assert "Running" in asterisk.cli(f"module show like {name}.so")


def test_dangerous_modules_are_not_there(asterisk):
    for name in (
        "app_system",
        "func_shell",
        "pbx_spool",
        "res_ari",
        "func_curl",
        "app_originate",
        "func_env",
    ):
        assert "0 modules loaded" in asterisk.cli(f"module show like {name}.so")


def test_sigterm_ends_asterisk_in_order_and_a_second_start_works(make_asterisk):
    pbx = make_asterisk()
    assert pbx.stop() == 0
    with pytest.raises(NotRunning):
        process_id(pbx.settings)
    pbx.start()
    assert "0 active channels" in pbx.cli("core show channels")


def test_killed_asterisk_starts_again_by_itself_and_leaves_no_mounts(make_asterisk):
    pbx = make_asterisk()
    pbx.kill()
    assert str(pbx.settings.home) not in Path("/proc/self/mounts").read_text()
    assert not any((pbx.settings.asterisk_dir / "root").iterdir())
    pbx.start()
    assert "0 active channels" in pbx.cli("core show channels")


def test_asterisk_ends_with_the_process_that_watches_it(make_asterisk):
    """The process manager marks its children with PR_SET_PDEATHSIG; a change of user would forget it."""
    pbx = make_asterisk(start=False)
    launch = shlex.join(
        ["setpriv", "--pdeathsig", "TERM", sys.executable, "-P", "-m", "asterisk_conf.launch"]
    )
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", f"{launch} & wait"],
        env=pbx.environment,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pbx.wait_until_ready(watcher)
    number = process_id(pbx.settings)
    watcher.kill()
    watcher.wait()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{number}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{number}").exists()


def test_everything_looked_at_on_a_running_node_is_well(asterisk):
    """The emergency script among it: it is started on the Python of Asterisk's root, as its user."""
    found = {each.what: each for each in findings(asterisk.settings)}
    assert {"program", "user", "configuration", "log", "process", "emergency script"} == set(found)
    assert [each.words for each in found.values() if not each.well] == []


def test_what_the_emergency_script_lacks_is_named(make_asterisk):
    pbx = make_asterisk()
    shutil.rmtree(pbx.settings.home / "emergency-site" / "asterisk")
    (told,) = [each for each in findings(pbx.settings) if not each.well]
    assert told.what == "emergency script"
    assert "No module named 'asterisk'" in told.words


def test_metrics_tell_of_calls_without_their_numbers(asterisk):
    with urllib.request.urlopen(f"http://127.0.0.1:{asterisk.settings.asterisk.http_port}/metrics") as answer:
        assert b"asterisk_calls_sum" in answer.read()
