"""The files a node's programs are started from."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from line111.node_files import control_socket, redis_configuration, render, supervisor_configuration
from line111.programs import PROGRAMS, Program, UnknownProgram, chosen
from line111.secrets import ensure_secrets
from line111.settings import RedisSettings, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A node with secrets, in a folder of its own."""
    made = Settings(home=tmp_path / "home")
    ensure_secrets(made)
    return made


def parsed(text: str) -> configparser.RawConfigParser:
    config = configparser.RawConfigParser()
    config.read_string(text)
    return config


def test_every_program_is_restarted_logged_and_ends_with_its_parent(settings: Settings) -> None:
    config = parsed(supervisor_configuration(settings, PROGRAMS, user=None))
    for program in PROGRAMS:
        section = config[f"program:{program.name}"]
        assert section["autorestart"] == "true"
        assert section["stdout_logfile"].endswith(f"/{program.name}.log")
        assert section["stdout_logfile_maxbytes"]
        assert section["command"].startswith("setpriv --pdeathsig TERM ")
        assert "user" not in section


def test_services_drop_roots_rights_and_asterisk_drops_them_itself(settings: Settings) -> None:
    config = parsed(supervisor_configuration(settings, PROGRAMS, user="line111"))
    users = {program.name: config[f"program:{program.name}"].get("user") for program in PROGRAMS}
    assert users.pop("asterisk") is None
    assert set(users.values()) == {"line111"}


def test_a_home_with_spaces_and_percent_signs_is_meant_as_itself(tmp_path: Path) -> None:
    home = tmp_path / 'the "100%" home'
    settings = Settings(home=home)
    ensure_secrets(settings)
    config = parsed(supervisor_configuration(settings, chosen(settings, only=["redis"]), user=None))
    command = config["program:redis"]["command"].replace("%%", "%")
    assert shlex.split(command)[-1] == str(home / "run" / "redis.conf")


def test_the_control_socket_stays_below_the_kernels_limit(tmp_path: Path) -> None:
    near = Settings(home=Path("/srv/line111"))
    far = Settings(home=tmp_path / ("long" * 30))
    assert control_socket(near) == Path("/srv/line111/run/supervisor.sock")
    assert len(str(control_socket(far))) < 100
    assert control_socket(far) != control_socket(Settings(home=tmp_path / ("lang" * 30)))


def test_our_redis_listens_here_alone_and_forgets_nothing(settings: Settings) -> None:
    lines = redis_configuration(settings).splitlines()
    assert "bind 127.0.0.1" in lines
    assert "appendonly yes" in lines
    assert "maxmemory-policy noeviction" in lines
    assert any(line.startswith("requirepass ") for line in lines)


def test_files_with_passwords_are_closed_to_others(settings: Settings) -> None:
    render(settings, chosen(settings))
    assert (settings.run_dir / "redis.conf").stat().st_mode & 0o777 == 0o600
    assert (settings.run_dir / "supervisord.conf").stat().st_mode & 0o777 == 0o600


def names(programs: list[Program]) -> list[str]:
    return [program.name for program in programs]


def test_a_machine_runs_the_programs_it_is_told_to(settings: Settings) -> None:
    assert names(chosen(settings)) == [program.name for program in PROGRAMS]
    assert names(chosen(settings, only=["ivr", "asterisk"])) == ["ivr", "asterisk"]
    assert "transcription" not in names(chosen(settings, without=["transcription"]))


def test_redis_elsewhere_means_none_here(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, redis=RedisSettings(url="redis://other/0"))
    assert "redis" not in names(chosen(settings))


def test_a_mistyped_program_is_named_with_those_there_are(settings: Settings) -> None:
    with pytest.raises(UnknownProgram, match=r"brige.*bridge"):
        chosen(settings, only=["brige"])
