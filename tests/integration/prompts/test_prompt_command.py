"""`line111 prompts` does what operators ask, and says what went wrong and what to do."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from asterisk_conf.prompts import cli, sound
from asterisk_conf.prompts.manifest import read_manifest
from line111.settings import Settings
from tests.integration.prompts.deliveries import record
from tests.unit.prompts.heard import read_alaw


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """`line111 prompts`, with the settings of this test."""
    monkeypatch.setattr(cli, "load_settings", lambda: settings)
    return CliRunner()


def test_command_takes_a_delivery_in_and_says_what_it_refused(
    command: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    record(tmp_path / "in/fa/system/goodbye.wav")
    (tmp_path / "in/fa/system/welcome.wav").write_bytes(b"")
    checked = command.invoke(cli.app, ["import", str(tmp_path / "in"), "--check"])
    assert (checked.exit_code, "1 of 2 recordings would be" in checked.output) == (1, True)
    assert not (settings.sounds_dir / "studio").exists()
    taken = command.invoke(cli.app, ["import", str(tmp_path / "in")])
    assert taken.exit_code == 1
    assert "can't be read as audio" in taken.output
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "studio"


def test_command_gives_a_prompt_back_to_the_synthesis(
    command: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    record(tmp_path / "in/fa/system/goodbye.wav")
    command.invoke(cli.app, ["import", str(tmp_path / "in")])
    given_back = command.invoke(cli.app, ["forget", "fa/system/goodbye"])
    assert given_back.exit_code == 0, given_back.output
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "synthesis"
    again = command.invoke(cli.app, ["forget", "fa/system/goodbye"])
    assert (again.exit_code, "no studio recording" in again.output) == (1, True)
    for name in ("fa/menu/unknown", "de/menu/main", "menu"):
        unknown = command.invoke(cli.app, ["forget", name])
        assert (unknown.exit_code, "no prompt" in unknown.output) == (1, True)


def test_command_lists_what_the_studio_still_has_to_read(
    command: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    record(tmp_path / "in/fa/system/goodbye.wav")
    command.invoke(cli.app, ["import", str(tmp_path / "in")])
    every = command.invoke(cli.app, ["list", "-l", "fa"], env={"COLUMNS": "200"})
    missing = command.invoke(cli.app, ["list", "-l", "fa", "--missing"], env={"COLUMNS": "200"})
    assert "fa/system/goodbye" in every.output
    assert "fa/system/goodbye" not in missing.output
    assert "fa/system/welcome" in missing.output
    assert "fa/message/beep" not in missing.output
    assert every.exit_code == 1  # groups this test did not synthesise have no sound, and that is said
    assert "without sound" in every.output


def test_command_writes_the_script(command: CliRunner, tmp_path: Path) -> None:
    page, table = tmp_path / "script.html", tmp_path / "script.csv"
    assert command.invoke(cli.app, ["export", str(page)]).exit_code == 0
    assert command.invoke(cli.app, ["export", str(table), "-l", "en", "--missing"]).exit_code == 0
    assert 'dir="rtl"' in page.read_text(encoding="utf-8")
    assert "en/menu/main.wav" in table.read_text(encoding="utf-8")
    nowhere = command.invoke(cli.app, ["export", str(tmp_path / "no" / "folder.csv")])
    assert (nowhere.exit_code, "can't be written" in nowhere.output) == (1, True)


def test_command_writes_what_callers_hear_as_a_file_that_everything_plays(
    command: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "main.wav"
    done = command.invoke(cli.app, ["play", "fa/menu/main", "--to", str(file)])
    assert done.exit_code == 0, done.output
    with wave.open(str(file)) as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getsampwidth()) == (8000, 1, 2)
        samples = sound.from_int16(heard.readframes(heard.getnframes()))
    assert np.array_equal(samples, read_alaw(settings.sounds_dir / "fa" / "menu" / "main.alaw"))


def test_command_plays_with_what_the_machine_has_and_says_what_to_do_without(
    command: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    silent = command.invoke(cli.app, ["play", "fa/menu/main"])
    assert (silent.exit_code, "--to" in silent.output) == (1, True)
    player = tmp_path / "bin" / "aplay"
    player.write_text(f'#!/bin/sh\nexec /bin/cp "$2" {tmp_path}/heard.wav\n')
    player.chmod(0o755)
    assert command.invoke(cli.app, ["play", "fa/menu/main"]).exit_code == 0
    with wave.open(str(tmp_path / "heard.wav")) as heard:
        assert heard.getnframes() > heard.getframerate()
    player.write_text("#!/bin/sh\necho no loudspeaker >&2\nexit 1\n")
    refused = command.invoke(cli.app, ["play", "fa/menu/main"])
    assert (refused.exit_code, "no loudspeaker" in refused.output) == (1, True)
    for unknown in ("fa/menu/nothing", "xx/menu/main", "../secrets"):
        assert "no prompt" in command.invoke(cli.app, ["play", unknown]).output


def test_command_builds_and_says_who_speaks(command: CliRunner) -> None:
    result = command.invoke(cli.app, ["build", "--offline"])
    assert result.exit_code == 0, result.output
    assert "fa: spoken by espeak-ng fa" in result.output
    assert "0 made" in result.output


@pytest.mark.parametrize("name", [None, "build", "list", "play", "export", "import", "forget"])
def test_help_explains_itself(command: CliRunner, name: str | None) -> None:
    result = command.invoke(cli.app, [*([name] if name else []), "--help"])
    assert result.exit_code == 0
    assert len(result.output.split()) > 25
