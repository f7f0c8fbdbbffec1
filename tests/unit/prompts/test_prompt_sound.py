"""Every prompt is equally loud, nowhere clipped, and begins at once, whoever spoke it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_conf.prompts import sound
from asterisk_conf.prompts.manifest import Made, is_whole, measure, read_manifest, write_manifest
from tests.unit.prompts.heard import edge_silence_ms, read_alaw

RATE = 16000


def _speech(seed: int, seconds: float, gain: float) -> sound.Samples:
    """Noise in syllables: loud and soft parts, as speech has."""
    random = np.random.default_rng(seed)
    count = int(RATE * seconds)
    envelope = 0.2 + np.abs(np.sin(np.arange(count) * 2 * np.pi * 3 / RATE))
    return (random.standard_normal(count) * envelope * gain / 8).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(0.3, 3), st.floats(0.01, 5))
def test_prompts_come_out_equally_loud_and_unclipped(seed: int, seconds: float, gain: float) -> None:
    levelled = sound.level(_speech(seed, seconds, gain), RATE)
    assert sound.speech_level(levelled, RATE) == pytest.approx(sound.SPEECH_LEVEL_DBFS, abs=1.0)
    assert sound.decibels(float(np.abs(levelled).max())) <= sound.PEAK_DBFS + 0.01


def test_peaks_far_above_the_speech_are_turned_down_not_cut() -> None:
    samples = _speech(1, 1, 0.05)
    samples[8000:8010] = 1.0
    levelled = sound.level(samples, RATE)
    assert sound.decibels(float(np.abs(levelled).max())) <= sound.PEAK_DBFS + 0.01
    assert np.abs(np.diff(levelled[7000:7900])).max() < 1


def test_silence_around_speech_is_cut_but_not_within() -> None:
    quiet = np.zeros(RATE, dtype=np.float32)
    speech = _speech(2, 0.5, 1)
    trimmed = sound.trim(np.concatenate([quiet, speech, quiet, speech, quiet]), RATE)
    assert len(trimmed) / RATE == pytest.approx(2.0, abs=0.15)
    before, after = edge_silence_ms(trimmed, RATE)
    assert (before <= 60, after <= 100) == (True, True)


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), np.zeros(100, np.float32), np.zeros(RATE, np.float32)]
)
def test_no_sound_at_all_breaks_nothing(samples: sound.Samples) -> None:
    levelled = sound.level(sound.trim(samples, RATE), RATE)
    assert not np.abs(levelled).any()


def test_both_files_of_a_prompt_last_equally_long(tmp_path: Path) -> None:
    samples = sound.level(_speech(3, 1.3, 1), RATE)
    milliseconds = sound.write_both(samples, RATE, tmp_path / "menu" / "main")
    alaw, wide = tmp_path / "menu" / "main.alaw", tmp_path / "menu" / "main.sln16"
    assert milliseconds == 1300
    assert (alaw.stat().st_size, wide.stat().st_size) == (1300 * 8, 1300 * 32)
    assert sorted(path.name for path in alaw.parent.iterdir()) == ["main.alaw", "main.sln16"]
    assert sound.speech_level(read_alaw(alaw), 8000) > -23


def test_tone_is_a_tone() -> None:
    tone = sound.tone(1000, 400, RATE)
    spectrum = np.abs(np.fft.rfft(tone))
    assert int(np.argmax(spectrum)) * RATE / len(tone) == pytest.approx(1000, abs=5)
    assert abs(float(tone[0])) < 0.001


def test_manifest_that_was_cut_short_means_nothing_was_made(tmp_path: Path) -> None:
    made = {"fa/menu/main": Made("mark", "synthesis", 10, 80, 320)}
    write_manifest(tmp_path, made)
    assert read_manifest(tmp_path) == made
    whole = (tmp_path / "manifest.json").read_text()
    for broken in (whole[:-20], "[]", '{"format": 1, "prompts": {"a": {"b": 1}}}', "null"):
        (tmp_path / "manifest.json").write_text(broken)
        assert read_manifest(tmp_path) == {}


def test_sound_file_that_was_cut_short_is_not_whole(tmp_path: Path) -> None:
    sound.write_both(sound.tone(1000, 400, RATE), RATE, tmp_path / "beep")
    made = measure(tmp_path / "beep", "mark", "synthesis", 400)
    assert is_whole(tmp_path / "beep", made)
    (tmp_path / "beep.alaw").write_bytes(b"\x55")
    assert not is_whole(tmp_path / "beep", made)
    (tmp_path / "beep.alaw").unlink()
    assert not is_whole(tmp_path / "beep", made)
