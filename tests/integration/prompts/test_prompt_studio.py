"""A studio gets a script, and what it delivers is checked before a caller hears it."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import wave
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from asterisk_conf.prompts import cli, sound, studio
from asterisk_conf.prompts.catalogue import catalogue
from asterisk_conf.prompts.manifest import read_manifest
from asterisk_conf.prompts.studio import (
    Checked,
    forget_recording,
    import_recordings,
    prompt_states,
    script_csv,
    script_html,
)
from asterisk_conf.prompts.synthesise import build_prompts
from line111.settings import Settings


def _record(
    path: Path, seconds: float = 4.0, rate: int = 48000, gain: float = 0.1, channels: int = 1
) -> Path:
    """A recording with the loudness of speech."""
    random = np.random.default_rng(7)
    count = int(seconds * rate)
    envelope = 0.3 + np.abs(np.sin(np.arange(count) * 2 * np.pi * 3 / rate))
    samples = (np.clip(random.standard_normal(count), -3, 3) * envelope * gain / 4).astype(np.float32)
    return _write(path, samples, rate, channels)


def _write(path: Path, samples: sound.Samples, rate: int, channels: int = 1, width: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        raw = sound.to_int16(np.repeat(samples, channels))
        file.writeframes(
            raw if width == 2 else bytes(128 + sample // 256 for sample in np.frombuffer(raw, "<i2"))
        )
    return path


def _import(settings: Settings, folder: Path, language: str | None = None) -> list[Checked]:
    made = read_manifest(settings.sounds_dir)
    return import_recordings(folder, settings.sounds_dir, made, language=language)


def test_good_recording_wins_over_the_synthesis_from_the_next_build(
    settings: Settings, tmp_path: Path
) -> None:
    before = (settings.sounds_dir / "fa" / "system" / "goodbye.alaw").read_bytes()
    _record(tmp_path / "studio" / "fa" / "system" / "goodbye.wav")
    [result] = _import(settings, tmp_path / "studio")
    assert (result.name, result.refused, result.warnings) == ("fa/system/goodbye", [], [])
    report = build_prompts(settings, fetch_voice=False)
    assert report.made == ["fa/system/goodbye"]
    after = settings.sounds_dir / "fa" / "system" / "goodbye.alaw"
    assert after.read_bytes() != before
    assert sound.speech_level(sound.read_alaw(after), 8000) == pytest.approx(sound.SPEECH_LEVEL_DBFS, abs=1.5)
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "studio"
    assert build_prompts(settings, fetch_voice=False).made == []


def test_recording_survives_the_loss_of_everything_that_was_made_from_it(
    settings: Settings, tmp_path: Path
) -> None:
    _record(tmp_path / "fa.system.goodbye.wav")
    _import(settings, tmp_path)
    (settings.sounds_dir / "manifest.json").unlink(missing_ok=True)
    build_prompts(settings, ["fa"], fetch_voice=False)
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "studio"


def test_forgotten_recording_gives_the_word_back_to_the_synthesis(settings: Settings, tmp_path: Path) -> None:
    _record(tmp_path / "fa.system.goodbye.wav")
    _import(settings, tmp_path)
    build_prompts(settings, fetch_voice=False)
    prompt = catalogue("fa")["system/goodbye"]
    assert forget_recording(settings.sounds_dir, prompt)
    assert not forget_recording(settings.sounds_dir, prompt)
    assert build_prompts(settings, fetch_voice=False).made == ["fa/system/goodbye"]
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "synthesis"


def test_recording_of_a_text_that_changed_is_listed_as_outdated(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _record(tmp_path / "fa.system.goodbye.wav")
    _import(settings, tmp_path)
    build_prompts(settings, fetch_voice=False)
    monkeypatch.setattr(studio, "text_hash", lambda prompt: "another text")
    made = read_manifest(settings.sounds_dir)
    states = {row.prompt.id: row for row in prompt_states(settings.sounds_dir, made, "fa")}
    assert states["system/goodbye"].state == "outdated"
    assert states["system/goodbye"].is_missing


@pytest.mark.parametrize("name", ["fa/digits/1.wav", "fa.digits.1.wav", "digits/1.wav", "digits.1.wav"])
def test_recordings_are_found_by_the_names_studios_give_them(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    _record(tmp_path / name, seconds=0.6)
    [result] = _import(settings, tmp_path, language="fa")
    assert (result.name, result.accepted) == ("fa/digits/1", True)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_recordings_come_in_any_usual_format(settings: Settings, tmp_path: Path, suffix: str) -> None:
    wav = _record(tmp_path / "made" / "x.wav")
    target = tmp_path / "in" / f"fa.system.goodbye.{suffix}"
    target.parent.mkdir()
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(wav), str(target)], check=True, timeout=60)
    [result] = _import(settings, tmp_path / "in")
    assert result.accepted
    assert any("loss" in warning for warning in result.warnings) == (suffix != "flac")


def test_what_would_sound_wrong_is_refused_with_the_reason(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    loud = np.sign(np.sin(np.arange(48000 * 3) / 20)).astype(np.float32)
    speech = np.random.default_rng(1).standard_normal(16000).astype(np.float32) * np.float32(0.05)
    pause = np.zeros(16000 * 3, dtype=np.float32)
    _write(folder / "fa/system/goodbye.wav", loud, 48000)
    _write(folder / "fa/system/no_choice.wav", np.zeros(48000, dtype=np.float32), 16000)
    _write(folder / "fa/system/welcome.wav", np.concatenate([speech, pause, speech]), 16000)
    _write(folder / "fa/digits/1.wav", speech, 16000, width=1)
    _record(folder / "fa/digits/2.wav", rate=6000)
    _record(folder / "fa/digits/3.wav", seconds=0.05)
    _record(folder / "fa/message/beep.wav")
    _record(folder / "fa/menu/unknown.wav")
    _record(folder / "de/menu/main.wav")
    (folder / "fa/digits/4.wav").write_bytes(b"RIFF....WAVEjunk")
    (folder / "fa/digits/5.mp3").write_text("no sound")
    (folder / "notes.txt").write_text("not a recording")
    found = {result.file: " ".join(result.refused) for result in _import(settings, folder)}
    expected = {
        "fa/system/goodbye.wav": "clipped",
        "fa/system/no_choice.wav": "too quiet",
        "fa/system/welcome.wav": "a pause of 3",
        "fa/digits/1.wav": "8-bit",
        "fa/digits/2.wav": "6000 Hz",
        "fa/digits/3.wav": "lasts 50 ms",
        "fa/message/beep.wav": "names no spoken prompt",
        "fa/menu/unknown.wav": "names no spoken prompt",
        "de/menu/main.wav": "names no spoken prompt",
        "fa/digits/4.wav": "can't be read",
        "fa/digits/5.mp3": "can't be read",
    }
    assert set(found) == set(expected)
    for file, reason in expected.items():
        assert reason in found[file], file
    assert not list((settings.sounds_dir / "studio").rglob("*.wav"))


def test_what_only_sounds_worse_is_taken_with_a_warning(settings: Settings, tmp_path: Path) -> None:
    _record(tmp_path / "fa/system/goodbye.wav", rate=8000)
    _record(tmp_path / "fa/system/no_choice.wav", channels=2, seconds=2)
    _record(tmp_path / "fa/digits/1.wav", seconds=9)
    _record(tmp_path / "fa/system/welcome.wav", gain=0.04, seconds=6)
    found = {result.file: result for result in _import(settings, tmp_path)}
    warnings = {
        "fa/system/goodbye.wav": "8000 Hz",
        "fa/system/no_choice.wav": "2 channels",
        "fa/digits/1.wav": "right text",
        "fa/system/welcome.wav": "quiet",
    }
    for file, warning in warnings.items():
        assert found[file].accepted, found[file].refused
        assert warning in " ".join(found[file].warnings), file


def test_second_recording_of_one_prompt_in_a_delivery_is_refused(settings: Settings, tmp_path: Path) -> None:
    _record(tmp_path / "a/fa/digits/1.wav", seconds=0.6)
    _record(tmp_path / "b/fa/digits/1.wav", seconds=0.7)
    first, second = _import(settings, tmp_path)
    assert first.accepted
    assert "the same prompt" in second.refused[0]


def test_script_has_every_text_with_the_name_its_recording_must_have(settings: Settings) -> None:
    states = list(prompt_states(settings.sounds_dir, read_manifest(settings.sounds_dir), "fa"))
    rows = list(csv.DictReader(io.StringIO(script_csv(states).lstrip("\ufeff"))))
    spoken = {f"fa/{prompt.id}.wav": prompt.text for prompt in catalogue("fa").values() if prompt.is_speech}
    assert {row["file"]: row["text"] for row in rows} == spoken


def test_printed_script_runs_from_right_to_left_in_persian(settings: Settings) -> None:
    for language, direction, day in (("fa", "rtl", "۱۴۰۵/۰۹/۰۳"), ("en", "ltr", "2026-11-24")):
        states = list(prompt_states(settings.sounds_dir, read_manifest(settings.sounds_dir), language))
        page = script_html(states, language, date(2026, 11, 24))
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert f">{day}</time>" in page
        assert len(re.findall('<td class="file">', page)) == sum(row.prompt.is_speech for row in states)


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """`line111 prompts`, with the settings of this test."""
    monkeypatch.setattr(cli, "load_settings", lambda: settings)
    return CliRunner()


def test_command_takes_a_delivery_in_and_says_what_it_refused(
    command: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    _record(tmp_path / "in/fa/system/goodbye.wav")
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
    _record(tmp_path / "in/fa/system/goodbye.wav")
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
    _record(tmp_path / "in/fa/system/goodbye.wav")
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


def test_command_builds_and_says_who_speaks(command: CliRunner) -> None:
    result = command.invoke(cli.app, ["build", "--offline"])
    assert result.exit_code == 0, result.output
    assert "fa: spoken by espeak-ng fa" in result.output
    assert "0 made" in result.output


@pytest.mark.parametrize(
    "arguments", [["--help"], *([name, "--help"] for name in ("build", "list", "export", "import", "forget"))]
)
def test_help_explains_itself(command: CliRunner, arguments: list[str]) -> None:
    result = command.invoke(cli.app, arguments)
    assert result.exit_code == 0
    assert len(result.output.split()) > 25
