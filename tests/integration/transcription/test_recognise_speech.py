"""What a caller says in English over the telephone is understood, by word, time and speaker."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from line111.settings import PROJECT
from transcription.audio import RecordingEmpty, open_recording
from transcription.recognise import (
    SPEAKERS_OF_A_CONVERSATION,
    DeadlinePassed,
    ModelShelf,
    SpeechModel,
    recognise,
    time_allowed,
)
from transcription.store import VerifiedModel
from transcription.transcript import Segment, as_text

LIGHT = "The street light in front of our house has been broken for three weeks."
WATER = "The water in our building was cut off yesterday without any warning."


def hear(model: SpeechModel, file: Path, channels: int = 1, **more: object) -> list[Segment]:
    speakers = SPEAKERS_OF_A_CONVERSATION if channels == 2 else ("applicant",)
    return recognise(model, open_recording(file, channels=channels), speakers=speakers, seconds=60, **more)


def plain(text: str) -> str:
    return text.lower().replace(".", "").replace(",", "")


def test_message_is_understood_word_for_word(model: SpeechModel, speak) -> None:
    segments = hear(model, speak(LIGHT))
    assert as_text(segments) == plain(LIGHT)
    words = [word for segment in segments for word in segment.words]
    assert all(0 <= word.confidence <= 1 and word.start_ms < word.end_ms for word in words)
    assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)
    assert words[-1].end_ms <= open_recording(speak(LIGHT)).duration_ms


def test_conversation_is_told_apart_by_speaker_and_put_in_order(model: SpeechModel, speak) -> None:
    file = speak(LIGHT, "Thank you. We will send somebody tomorrow morning.", after=(0.0, 5.5))
    segments = hear(model, file, channels=2)
    assert segments[0].speaker == "applicant"
    assert as_text(one for one in segments if one.speaker == "applicant") == plain(LIGHT)
    agent = " ".join(one.text for one in segments if one.speaker == "agent")
    assert "we will send somebody tomorrow morning" in agent
    assert min(one.start_ms for one in segments if one.speaker == "agent") > 5000


def test_text_is_told_as_it_comes(model: SpeechModel, speak) -> None:
    told: list[str] = []
    hear(
        model,
        speak(f"{LIGHT} ... {WATER} ... {LIGHT}"),
        on_segment=lambda so_far: told.append(as_text(so_far)),
    )
    assert len(told) >= 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(told))


def test_one_model_serves_many_threads(model: SpeechModel, speak) -> None:
    files = [speak(LIGHT), speak(WATER)] * 2
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda file: as_text(hear(model, file)), files))
    assert texts == [plain(LIGHT), plain(WATER)] * 2


def test_deadline_ends_a_job_and_keeps_what_was_understood(model: SpeechModel, speak) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1.0  # a second passes with every look: the sixtieth block is too late
        return now[0]

    with pytest.raises(DeadlinePassed) as caught:
        hear(model, speak(" ... ".join([LIGHT, WATER] * 3)), clock=clock)
    assert as_text(caught.value.segments).startswith(plain(LIGHT))


def test_deadline_grows_with_length_and_channels(speak) -> None:
    file = speak(LIGHT)
    assert time_allowed(open_recording(file), 1.0) == 60.0
    assert time_allowed(open_recording(file), 1000.0) > 3000


def test_job_given_up_by_its_worker_ends_at_once(model: SpeechModel, speak) -> None:
    class GivenUp(Exception):
        pass

    def check() -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        hear(model, speak(LIGHT), check=check)


def test_silence_has_no_words_but_a_name(model: SpeechModel, tmp_path: Path) -> None:
    (tmp_path / "silence").write_bytes(bytes([0xD5]) * 16000)
    with pytest.raises(RecordingEmpty):
        hear(model, tmp_path / "silence")


def test_model_that_takes_telephone_sound_hears_it_without_resampling(
    english: VerifiedModel, speak, tmp_path: Path
) -> None:
    """The Persian model's conf allows 8 kHz; the English one is given the same permission here."""
    folder = tmp_path / "model"
    subprocess.run(["cp", "-al", str(english.path), str(folder)], check=True)
    conf = folder / "conf" / "mfcc.conf"
    text = conf.read_text()
    conf.unlink()
    conf.write_text(text + "--allow-upsample=true\n")
    loaded = SpeechModel.load(VerifiedModel("copy", "en", folder, "0" * 64))
    assert loaded.rates.for_source(8000) == 8000
    assert as_text(hear(loaded, speak(LIGHT))) == plain(LIGHT)


def test_shelf_loads_a_model_once_and_again_when_it_was_replaced(
    english: VerifiedModel, model: SpeechModel
) -> None:
    marks = {"en": "first"}

    class Store:
        def arrivals(self) -> dict[str, str]:
            return marks

        def find(self, language: str) -> VerifiedModel:
            return english

    shelf = ModelShelf(Store)
    assert shelf.get("en") is shelf.get("en")
    before = shelf.get("en")
    marks["en"] = "second"
    assert shelf.get("en") is not before


def test_nothing_is_written_to_standard_error(english: VerifiedModel, speak) -> None:
    code = """
import sys
from pathlib import Path
from transcription.audio import open_recording
from transcription.recognise import SpeechModel, recognise
from transcription.store import VerifiedModel
model = SpeechModel.load(VerifiedModel("m", "en", Path(sys.argv[1]), ""))
recognise(model, open_recording(Path(sys.argv[2])), speakers=["applicant"], seconds=60)
"""
    command = [sys.executable, "-W", "ignore", "-c", code, str(english.path), str(speak(LIGHT))]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT)
    assert done.stderr == ""
