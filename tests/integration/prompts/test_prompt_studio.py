"""A studio gets a script, and what it delivers is checked before a caller hears it."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from asterisk_conf.prompts import sound, studio
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
from tests.integration.prompts.deliveries import record, write
from tests.unit.prompts.heard import read_alaw


def _import(settings: Settings, folder: Path, language: str | None = None) -> list[Checked]:
    made = read_manifest(settings.sounds_dir)
    return import_recordings(folder, settings.sounds_dir, made, language=language)


def test_good_recording_wins_over_the_synthesis_from_the_next_build(
    settings: Settings, tmp_path: Path
) -> None:
    before = (settings.sounds_dir / "fa" / "system" / "goodbye.alaw").read_bytes()
    record(tmp_path / "studio" / "fa" / "system" / "goodbye.wav")
    [result] = _import(settings, tmp_path / "studio")
    assert (result.name, result.refused, result.warnings) == ("fa/system/goodbye", [], [])
    report = build_prompts(settings, fetch_voice=False)
    assert report.made == ["fa/system/goodbye"]
    after = settings.sounds_dir / "fa" / "system" / "goodbye.alaw"
    assert after.read_bytes() != before
    assert sound.speech_level(read_alaw(after), 8000) == pytest.approx(sound.SPEECH_LEVEL_DBFS, abs=1.5)
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "studio"
    assert build_prompts(settings, fetch_voice=False).made == []


def test_recording_survives_the_loss_of_everything_that_was_made_from_it(
    settings: Settings, tmp_path: Path
) -> None:
    record(tmp_path / "fa.system.goodbye.wav")
    _import(settings, tmp_path)
    (settings.sounds_dir / "manifest.json").unlink(missing_ok=True)
    build_prompts(settings, ["fa"], fetch_voice=False)
    assert read_manifest(settings.sounds_dir)["fa/system/goodbye"].source == "studio"


def test_forgotten_recording_gives_the_word_back_to_the_synthesis(settings: Settings, tmp_path: Path) -> None:
    record(tmp_path / "fa.system.goodbye.wav")
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
    record(tmp_path / "fa.system.goodbye.wav")
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
    record(tmp_path / name, seconds=0.6)
    [result] = _import(settings, tmp_path, language="fa")
    assert (result.name, result.accepted) == ("fa/digits/1", True)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_recordings_come_in_any_usual_format(settings: Settings, tmp_path: Path, suffix: str) -> None:
    wav = record(tmp_path / "made" / "x.wav")
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
    write(folder / "fa/system/goodbye.wav", loud, 48000)
    write(folder / "fa/system/no_choice.wav", np.zeros(48000, dtype=np.float32), 16000)
    write(folder / "fa/system/welcome.wav", np.concatenate([speech, pause, speech]), 16000)
    write(folder / "fa/digits/1.wav", speech, 16000, width=1)
    record(folder / "fa/digits/2.wav", rate=6000)
    record(folder / "fa/digits/3.wav", seconds=0.05)
    record(folder / "fa/message/beep.wav")
    record(folder / "fa/menu/unknown.wav")
    record(folder / "de/menu/main.wav")
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
    record(tmp_path / "fa/system/goodbye.wav", rate=8000)
    record(tmp_path / "fa/system/no_choice.wav", channels=2, seconds=2)
    record(tmp_path / "fa/digits/1.wav", seconds=9)
    record(tmp_path / "fa/system/welcome.wav", gain=0.04, seconds=6)
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
    record(tmp_path / "a/fa/digits/1.wav", seconds=0.6)
    record(tmp_path / "b/fa/digits/1.wav", seconds=0.7)
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
