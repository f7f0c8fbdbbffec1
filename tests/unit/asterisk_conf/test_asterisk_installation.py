"""Finding an Asterisk, making one, and what stands around it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from asterisk_conf import enclosure, installation
from asterisk_conf.emergency_site import copy_emergency_site, emergency_site
from asterisk_conf.enclosure import NeedsRoot, own_words_for_names, quick_resolver
from asterisk_conf.installation import (
    CannotInstall,
    Installation,
    NoAsterisk,
    asterisk_version,
    find_installation,
    install_root,
)
from asterisk_conf.log_files import KEPT, keep_few
from asterisk_conf.running import NotRunning, process_id


@pytest.fixture
def maker(monkeypatch, tmp_path):
    """A mmdebstrap of the test's own on the path, run as if by root: `maker(lines of shell)`."""
    monkeypatch.setattr(installation.os, "geteuid", lambda: 0)

    def make(*lines: str) -> None:
        folder = tmp_path / "tools"
        folder.mkdir(exist_ok=True)
        tool = folder / "mmdebstrap"
        tool.write_text("\n".join(["#!/bin/bash", 'root="${@: -1}"', *lines, ""]))
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return make


def test_missing_asterisk_is_told_with_the_command_that_gets_one(make_settings, tmp_path):
    with pytest.raises(NoAsterisk, match="line111 setup"):
        find_installation(make_settings(asterisk={"root": tmp_path / "none"}))


@pytest.mark.parametrize(("says", "taken"), [("20.9.3", True), ("22.10.1", True), ("18.24.0", False)])
def test_asterisk_of_the_distribution_is_used_from_20_on(make_settings, monkeypatch, tmp_path, says, taken):
    program = tmp_path / "asterisk"
    program.write_text(f"#!/bin/sh\necho 'Asterisk {says}~dfsg+~cs6-1'\n")
    program.chmod(0o755)
    monkeypatch.setattr(installation, "PROGRAM", str(program))
    if taken:
        assert find_installation(make_settings()).root is None
        assert asterisk_version(make_settings()) == says
    else:
        with pytest.raises(NoAsterisk):
            find_installation(make_settings())


def test_without_root_a_root_of_its_own_is_refused_in_plain_words(make_settings, monkeypatch, tmp_path):
    monkeypatch.setattr(enclosure.os, "geteuid", lambda: 1000)
    with pytest.raises(NeedsRoot, match="only root can start it"):
        enclosure.enter(make_settings(), tmp_path)


def test_versions_with_known_holes_are_not_called_safe():
    assert Installation(None, (22, 10, 1)).safe
    assert not Installation(None, (22, 5, 2)).safe


def test_failed_install_leaves_nothing_that_passes_for_a_root(make_settings, maker):
    settings = make_settings()
    maker('mkdir -p "$root/usr/sbin"', "echo downloading", "echo no space left >&2", "exit 25")
    said: list[str] = []
    with pytest.raises(CannotInstall, match="no space left"):
        install_root(settings, said.append)
    assert "downloading" in said
    assert not list(settings.home.glob("asterisk-root*/"))


def test_interrupted_install_ends_its_tools_and_leaves_nothing(make_settings, maker):
    settings = make_settings()
    maker('mkdir -p "$root/usr"', "trap 'exit 130' INT", "echo started", "while true; do sleep 0.1; done")

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install_root(settings, interrupt)
    assert not list(settings.home.glob("asterisk-root*/"))


def test_root_that_is_there_is_not_made_again(make_settings, maker, monkeypatch):
    settings = make_settings()
    monkeypatch.setattr(installation, "_version_in", lambda _root: (22, 10, 1))
    maker("exit 1")
    assert install_root(settings) == settings.home / "asterisk-root"


def test_folder_that_holds_something_else_is_never_replaced(make_settings, maker):
    settings = make_settings()
    photos = settings.home / "asterisk-root" / "photos"
    photos.mkdir(parents=True)
    maker("exit 0")
    with pytest.raises(CannotInstall, match="move it away"):
        install_root(settings)
    assert photos.exists()


def test_emergency_packages_are_pure_python_and_copied_once(make_settings):
    settings = make_settings()
    site = copy_emergency_site(settings)
    assert site == emergency_site(settings)
    assert not [path for path in site.rglob("*") if path.suffix in (".so", ".pyc")]
    stamp = (site / "manifest.json").stat().st_mtime_ns
    copy_emergency_site(settings)
    assert (site / "manifest.json").stat().st_mtime_ns == stamp
    imports = "import asterisk.agi, stdnum.damm, phonenumbers, jdatetime; print(asterisk.agi.__file__)"
    found = subprocess.run(
        [sys.executable, "-S", "-P", "-c", imports],
        env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.stdout.startswith(str(site)), found.stderr


def test_names_looked_up_in_every_call_are_in_hosts_once():
    hosts = own_words_for_names("127.0.0.1 localhost\n", "node-7")
    assert hosts.splitlines() == ["127.0.0.1 localhost", "127.0.0.1 node-7", "127.0.0.1 A.ROOT-SERVERS.NET"]
    assert own_words_for_names(hosts, "node-7") == hosts


def test_a_name_in_a_comment_of_hosts_is_no_name():
    assert "127.0.0.1 node-7" in own_words_for_names("# node-7 was here\n", "node-7")


def test_name_servers_are_kept_and_given_little_time():
    text = quick_resolver("nameserver 192.0.2.53\noptions timeout:30\n")
    assert text.splitlines() == ["nameserver 192.0.2.53", "options timeout:1 attempts:1"]


def test_large_logs_are_put_aside_few_are_kept_and_the_queue_log_stays(make_settings):
    settings = make_settings()
    log = settings.asterisk_dir / "log"
    log.mkdir(parents=True)
    (log / "queue_log").write_text("kept")
    for number in range(KEPT + 3):
        (log / "asterisk.json").write_text(f"file {number}")
        keep_few(settings, larger_than=0)
    old = sorted(path.name for path in log.glob("asterisk.json.*"))
    assert old == [f"asterisk.json.{number}" for number in range(1, KEPT + 1)]
    assert (log / "asterisk.json.1").read_text() == f"file {KEPT + 2}"
    assert (log / "queue_log").read_text() == "kept"


def test_a_process_id_left_by_a_killed_asterisk_is_not_taken_for_it(make_settings):
    settings = make_settings()
    run = settings.asterisk_dir / "run"
    run.mkdir(parents=True)
    (run / "asterisk.pid").write_text(str(os.getpid()))
    with pytest.raises(NotRunning):
        process_id(settings)
