"""Every recording becomes samples the recogniser can take, or gets a named fault."""

from __future__ import annotations

import subprocess
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydub import AudioSegment
from pydub.generators import Sine

from transcription.audio import ALAW, RecordingBroken, RecordingEmpty, open_recording, prepared


def tone(seconds: float, hertz: int = 440, rate: int = 8000) -> AudioSegment:
    return (
        Sine(hertz, sample_rate=rate)
        .to_audio_segment(duration=seconds * 1000, volume=-10)
        .set_sample_width(2)
    )


def raw_alaw(path: Path, sound: AudioSegment) -> Path:
    sound.export(path, format="alaw", codec="pcm_alaw")
    return path


def all_samples(path: Path, rate: int, **known: object) -> list[np.ndarray]:
    blocks = list(prepared(open_recording(path, **known), rate))
    return [
        np.frombuffer(b"".join(block[channel] for block in blocks), np.int16)
        for channel in range(len(blocks[0]))
    ]


def test_every_alaw_code_is_decoded_as_the_standard_says(tmp_path: Path) -> None:
    file = tmp_path / "codes.alaw"
    file.write_bytes(bytes(range(256)))
    command = [
        "ffmpeg",
        "-loglevel",
        "error",
        "-f",
        "alaw",
        "-ar",
        "8000",
        "-i",
        str(file),
        "-f",
        "s16le",
        "-",
    ]
    done = subprocess.run(command, check=True, capture_output=True)
    assert np.array_equal(np.frombuffer(done.stdout, np.int16), ALAW)


@pytest.mark.parametrize("rate", [8000, 16000, 11025])
def test_tone_keeps_its_length_and_pitch_at_every_rate(tmp_path: Path, rate: int) -> None:
    (samples,) = all_samples(raw_alaw(tmp_path / "a", tone(2.0)), rate)
    assert abs(len(samples) - 2 * rate) < 0.02 * rate
    spectrum = np.abs(np.fft.rfft(samples[:rate]))
    assert abs(int(spectrum.argmax()) - 440) <= 2


def test_two_channels_stay_apart(tmp_path: Path) -> None:
    left, right = tone(1.0, 300), tone(1.0, 1200)
    both = AudioSegment.from_mono_audiosegments(left, right)
    channels = all_samples(raw_alaw(tmp_path / "both", both), 16000, channels=2)
    assert [abs(int(np.abs(np.fft.rfft(one[:16000])).argmax())) for one in channels] == [
        pytest.approx(300, abs=2),
        pytest.approx(1200, abs=2),
    ]


@pytest.mark.parametrize(
    ("format", "codec"),
    [("wav", "pcm_s16le"), ("wav", "pcm_alaw"), ("ogg", "libopus"), ("flac", "flac"), ("mp3", "mp3")],
)
def test_imported_formats_are_read(tmp_path: Path, format: str, codec: str) -> None:
    file = tmp_path / f"sound.{format}"
    tone(1.5, rate=16000).export(file, format=format, codec=codec)
    (samples,) = all_samples(file, 16000, encoding="imported")
    assert abs(len(samples) - 24000) < 3000
    assert np.abs(samples).max() > 3000


def test_long_recording_needs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    file = tmp_path / "hour"
    with file.open("wb") as sound:
        minute = raw_alaw(tmp_path / "minute", tone(60.0)).read_bytes()
        for _ in range(60):
            sound.write(minute)
    audio = open_recording(file)
    assert audio.duration_ms == 3_600_000
    tracemalloc.start()
    for _ in prepared(audio, 16000):
        pass
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


SILENT = bytes([0xD5]) * 8000


@pytest.mark.parametrize(
    ("content", "known", "detail"),
    [
        pytest.param(b"", {}, "no_sound", id="no bytes"),
        pytest.param(SILENT[:2000], {}, "too_short", id="a quarter second"),
        pytest.param(SILENT * 3, {}, "silence", id="silence"),
    ],
)
def test_recording_without_words_is_called_empty(
    tmp_path: Path, content: bytes, known: dict[str, object], detail: str
) -> None:
    file = tmp_path / "recording"
    file.write_bytes(content)
    with pytest.raises(RecordingEmpty) as caught:
        all_samples(file, 16000, **known)
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("content", "known", "detail"),
    [
        pytest.param(b"\x80" * 8001, {"channels": 2}, "cut_off", id="half a frame at the end"),
        pytest.param(b"\x80" * 9000, {"channels": 3}, "channels", id="three channels"),
        pytest.param(b"#EXTM3U\nfile:///etc/passwd\n", {"encoding": "wav"}, "unreadable", id="a playlist"),
        pytest.param(b"RIFF" + b"\0" * 400, {"encoding": "wav"}, "unreadable", id="no sound in a WAV"),
        pytest.param(
            b"OggS" + bytes(range(256)) * 9, {"encoding": "ogg"}, "unreadable", id="noise called Ogg"
        ),
    ],
)
def test_recording_that_is_no_sound_is_called_broken(
    tmp_path: Path, content: bytes, known: dict[str, object], detail: str
) -> None:
    file = tmp_path / "recording"
    file.write_bytes(content)
    with pytest.raises(RecordingBroken) as caught:
        all_samples(file, 16000, **known)
    assert caught.value.detail == detail


def test_reading_that_is_given_up_leaves_no_process_behind(tmp_path: Path) -> None:
    file = tmp_path / "long.wav"
    tone(60.0).export(file, format="wav")
    blocks = prepared(open_recording(file, encoding="wav"), 16000)
    next(blocks)
    blocks.close()
    children = Path("/proc/self/task").glob("*/children")
    commands = [Path(f"/proc/{pid}/comm").read_text() for one in children for pid in one.read_text().split()]
    assert "ffmpeg\n" not in commands
