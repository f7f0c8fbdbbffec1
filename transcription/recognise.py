"""Speech to text with Vosk: one model object a process, shared by all threads; one recogniser a job."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import vosk

from transcription.audio import Audio, prepared
from transcription.store import ModelStore, VerifiedModel
from transcription.transcript import Segment, in_talking_order, segments_of

SPEAKERS_OF_A_CONVERSATION = ("applicant", "agent")
"""Who is on the first and the second channel."""

vosk.SetLogLevel(-1)  # Kaldi would write its graph's statistics to standard error


class DeadlinePassed(Exception):
    """The job took longer than it may; `segments` holds what was understood so far."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        super().__init__("the recording took longer to transcribe than it may")
        self.segments = list(segments)


class ModelUnusable(Exception):
    """The files are the right ones, but Vosk can't load them (too old a Vosk, too little memory)."""


@dataclass(frozen=True)
class SampleRates:
    """What a model's `conf/mfcc.conf` says of the sound it takes."""

    own: int
    takes_lower: bool
    takes_higher: bool

    @classmethod
    def read(cls, conf: Path) -> SampleRates:
        """From Kaldi's options; its defaults are 16 kHz and nothing else."""
        lines = (line.split("#")[0].strip() for line in conf.read_text(encoding="utf-8").splitlines())
        options = dict(line.lstrip("-").split("=", 1) for line in lines if "=" in line)
        return cls(
            own=int(float(options.get("sample-frequency", "16000"))),
            takes_lower=options.get("allow-upsample") == "true",
            takes_higher=options.get("allow-downsample") == "true",
        )

    def for_source(self, rate: int) -> int:
        """The rate to give a recording of this rate in: its own where the model takes it, so that
        nothing is resampled twice; otherwise the model's."""
        taken = self.takes_lower if rate < self.own else self.takes_higher
        return rate if taken or rate == self.own else self.own


@dataclass(frozen=True)
class SpeechModel:
    """A loaded model; many threads may recognise with it at once."""

    verified: VerifiedModel
    rates: SampleRates
    loaded: vosk.Model

    @classmethod
    def load(cls, verified: VerifiedModel) -> SpeechModel:
        """Load a proved model (0.3 to 3 s). Raises ModelUnusable where Vosk can't."""
        rates = SampleRates.read(verified.path / "conf" / "mfcc.conf")
        try:
            return cls(verified, rates, vosk.Model(model_path=str(verified.path)))
        except Exception as error:  # vosk raises nothing more exact
            raise ModelUnusable(f"{verified.name}: {error}") from error


class ModelShelf:
    """The loaded models of this process, one a language, loaded at first use.

    Args:
        open_store: gives the store as it is now, so that a model (or a row) that arrives is seen
            without a restart.
    """

    def __init__(self, open_store: Callable[[], ModelStore]) -> None:
        self._open_store = open_store
        self._loaded: dict[str, tuple[str, SpeechModel]] = {}
        self._loading = threading.Lock()

    def get(self, language: str) -> SpeechModel:
        """The model of a language, proved and loaded once; again when another copy was installed.

        Raises:
            ModelMissing, ModelUnverified, CatalogueInvalid: as the store says.
            ModelUnusable: Vosk can't load it.
        """
        with self._loading:
            store = self._open_store()
            arrival = store.arrivals().get(language, "")
            known = self._loaded.get(language)
            if known is None or known[0] != arrival:
                known = self._loaded[language] = (arrival, SpeechModel.load(store.find(language)))
            return known[1]


def time_allowed(audio: Audio, factor: float) -> float:
    """Seconds a recording may take: `factor` times its length for each channel, at least a minute."""
    return max(60.0, factor * audio.channels * audio.duration_ms / 1000)


def recognise(
    model: SpeechModel,
    audio: Audio,
    *,
    speakers: Sequence[str],
    seconds: float,
    on_segment: Callable[[list[Segment]], None] = lambda _so_far: None,
    check: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Segment]:
    """The words of a recording, by speaker and time.

    Args:
        speakers: who is on each channel.
        seconds: time it may take by `clock`.
        on_segment: told all segments so far, each time one is complete.
        check: called every half second of sound; may raise to give the job up.

    Raises:
        DeadlinePassed: with what was understood so far.
        RecordingEmpty, RecordingBroken: as `transcription.audio` says.
    """
    until = clock() + seconds
    rate = model.rates.for_source(audio.rate)
    listeners = [_Listener(model, rate, speaker) for speaker in speakers[: audio.channels]]
    heard: list[Segment] = []
    for block in prepared(audio, rate):
        check()
        if clock() > until:
            raise DeadlinePassed(in_talking_order(heard))
        new = [segment for one, data in zip(listeners, block, strict=True) for segment in one.hear(data)]
        if new:
            heard += new
            on_segment(in_talking_order(heard))
    heard += [segment for one in listeners for segment in one.finish()]
    return in_talking_order(heard)


class _Listener:
    """A recogniser for one channel."""

    def __init__(self, model: SpeechModel, rate: int, speaker: str) -> None:
        self.speaker = speaker
        self.language = model.verified.language
        self.recogniser = vosk.KaldiRecognizer(model.loaded, rate)
        self.recogniser.SetWords(True)

    def hear(self, data: bytes) -> list[Segment]:
        """Take in a block; segments that a pause completed."""
        if data and self.recogniser.AcceptWaveform(data):
            return self._segments(self.recogniser.Result())
        return []

    def finish(self) -> list[Segment]:
        """The rest, at the recording's end."""
        return self._segments(self.recogniser.FinalResult())

    def _segments(self, result: str) -> list[Segment]:
        return segments_of(json.loads(result), self.speaker, self.language)
