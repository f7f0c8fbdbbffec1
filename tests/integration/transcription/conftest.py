"""A real model and real speech: Vosk's small English model, and flite's voice over a telephone line."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from pydub import AudioSegment

from line111.settings import PROJECT
from transcription.catalogue import ROWS_OF_THE_PRODUCT, Catalogue, read_rows
from transcription.fetch import fetch
from transcription.recognise import SpeechModel
from transcription.store import ModelMissing, ModelStore, VerifiedModel

Speak = Callable[..., Path]


@pytest.fixture(scope="session")
def english() -> VerifiedModel:
    """The English model, fetched by our own store once for all test runs on this machine."""
    store = ModelStore(PROJECT / "var" / "models", Catalogue(read_rows(ROWS_OF_THE_PRODUCT)))
    store.folder.mkdir(parents=True, exist_ok=True)
    with (store.folder / ".fetching").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return store.find("en")
        except ModelMissing:
            return fetch(store, store.catalogue.row("en"))


@pytest.fixture(scope="session")
def model(english: VerifiedModel) -> SpeechModel:
    """The same, loaded."""
    return SpeechModel.load(english)


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Speak:
    """Says texts as a caller on the telephone: raw 8 kHz A-law, a channel for each text.

    ` ... ` in a text is a pause of a second; `after` says when each speaker begins (seconds).
    """
    folder = tmp_path_factory.mktemp("speech")

    def say(*texts: str, after: tuple[float, ...] = (0.0, 0.0)) -> Path:
        voices = [_silence(after[number]) + _spoken(text, folder) for number, text in enumerate(texts)]
        longest = max(len(voice) for voice in voices) + 300
        whole = [voice + _silence((longest - len(voice)) / 1000) for voice in voices]
        sound = whole[0] if len(whole) == 1 else AudioSegment.from_mono_audiosegments(*whole)
        file = folder / f"{uuid4()}.alaw"
        sound.export(file, format="alaw", codec="pcm_alaw", parameters=["-ar", "8000"])
        return file

    return say


def _silence(seconds: float) -> AudioSegment:
    return AudioSegment.silent(round(seconds * 1000), frame_rate=16000)


def _spoken(text: str, folder: Path) -> AudioSegment:
    sound = AudioSegment.silent(200, frame_rate=16000)
    for number, part in enumerate(text.split(" ... ")):
        file = folder / f"{uuid4()}.wav"
        subprocess.run(["flite", "-voice", "rms", "-t", part, "-o", str(file)], check=True)
        sound += (_silence(1.0) if number else _silence(0)) + AudioSegment.from_wav(file)
    return sound
