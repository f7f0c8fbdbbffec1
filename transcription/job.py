"""One job: a recording of the bridge becomes a transcript at the bridge.

Whatever a recording is like, its transcript ends in a state a page can show: `done`, `empty`,
`broken`, `deadline`, or `waiting_for_model`. Only what may pass (the bridge away) is raised.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from casebridge.client import BridgeRefused, BridgeUnavailable
from casebridge.recordings.schemas import Recording
from transcription import metrics
from transcription.audio import Audio, RecordingBroken, RecordingEmpty, open_recording
from transcription.bridge_link import BridgeLink
from transcription.catalogue import CatalogueInvalid, sha256_of
from transcription.recognise import (
    SPEAKERS_OF_A_CONVERSATION,
    DeadlinePassed,
    ModelShelf,
    ModelUnusable,
    SpeechModel,
    recognise,
    time_allowed,
)
from transcription.store import ModelMissing, ModelUnverified
from transcription.transcript import Segment, as_text

log = structlog.get_logger(__name__)

SETTLED = frozenset({"done", "empty", "broken"})
"""States that another run with the same model would not change."""
TELL_EVERY_SECONDS = 1.0
"""The page is told new text at most so often."""


class AudioNotHere(Exception):
    """The bridge knows the recording, but does not hold its sound yet."""


class AudioUnreadable(BridgeUnavailable):
    """The bridge answers, but can't give this recording's sound (or not whole)."""


class RecordingUnknown(Exception):
    """The bridge knows no such recording: trying again will not help."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended: the transcript's status, with what was understood."""

    status: str
    detail: str | None = None
    segments: list[Segment] = field(default_factory=list)
    model: SpeechModel | None = None


@dataclass(frozen=True)
class Desk:
    """What every job of a process shares."""

    link: BridgeLink
    shelf: ModelShelf
    scratch: Path
    """Folder for recordings while they are read; only its owner can look into it."""
    deadline_factor: float


def transcribe(desk: Desk, recording_id: str, check: Callable[[], None]) -> str:
    """Transcribe one recording and tell the bridge; returns the status told.

    Args:
        check: called every half second of sound; may raise to give the job up.

    Raises:
        BridgeUnavailable: try again later.
        AudioNotHere: try again later.
        RecordingUnknown: do not try again.
    """
    recording = _recording(desk, recording_id)
    try:
        model = desk.shelf.get(recording.language)
    except ModelMissing:
        return _tell(desk, recording, Outcome("waiting_for_model"))
    except (ModelUnverified, ModelUnusable, CatalogueInvalid) as error:
        metrics.MODELS_REFUSED.labels(recording.language).inc()
        log.warning("model_refused", language=recording.language, reason=str(error))
        return _tell(desk, recording, Outcome("waiting_for_model", "model_refused"))
    if _settled(desk, recording, model):
        return "settled"
    return _tell(desk, recording, _hear(desk, recording, model, check))


def give_up(desk: Desk, recording_id: str, status: str, detail: str) -> None:
    """Tell the bridge that a recording will not be transcribed (`failed` or `broken`, and why)."""
    _tell(desk, _recording(desk, recording_id), Outcome(status, detail))


def _recording(desk: Desk, recording_id: str) -> Recording:
    try:
        recording = desk.link.call(lambda bridge: bridge.recording(recording_id))
    except BridgeRefused as error:
        raise RecordingUnknown(f"recording {recording_id}: {error}") from error
    if recording.state != "held":
        raise AudioNotHere(f"the sound of recording {recording_id} is not at the bridge yet")
    return recording


def _settled(desk: Desk, recording: Recording, model: SpeechModel) -> bool:
    """Whether this very model has dealt with it already (a job delivered twice)."""
    if recording.transcript_status not in SETTLED:
        return False
    known = desk.link.call(lambda bridge: bridge.get_transcript(recording.id))
    return known.model is None or known.model.sha256 == model.verified.sha256


def _hear(desk: Desk, recording: Recording, model: SpeechModel, check: Callable[[], None]) -> Outcome:
    teller = _Teller(desk.link, recording, model)
    teller.tell([])
    with tempfile.TemporaryDirectory(dir=desk.scratch) as folder:
        path = Path(folder) / "recording"
        try:
            audio = _fetched(desk, recording, path)
            segments = _recognised(desk, recording, audio, model, teller, check)
        except RecordingEmpty as error:
            outcome = Outcome("empty", error.detail, model=model)
        except RecordingBroken as error:
            outcome = Outcome("broken", error.detail, model=model)
        except DeadlinePassed as error:
            outcome = Outcome("deadline", None, error.segments, model)
        else:
            outcome = Outcome(
                "done" if segments else "empty", None if segments else "no_words", segments, model
            )
        finally:
            teller.finish()
    return outcome


def _fetched(desk: Desk, recording: Recording, path: Path) -> Audio:
    try:
        desk.link.call(lambda bridge: bridge.get_audio(recording.id, path))
    except BridgeUnavailable as error:
        raise AudioUnreadable(str(error)) from error
    if sha256_of(path) != recording.sha256:
        raise AudioUnreadable("the recording did not arrive whole")
    return open_recording(path, encoding=recording.encoding, rate=recording.rate, channels=recording.channels)


def _recognised(
    desk: Desk,
    recording: Recording,
    audio: Audio,
    model: SpeechModel,
    teller: _Teller,
    check: Callable[[], None],
) -> list[Segment]:
    one = recording.speaker if recording.speaker in SPEAKERS_OF_A_CONVERSATION else "applicant"
    speakers = SPEAKERS_OF_A_CONVERSATION if audio.channels == 2 else (one,)
    allowed = time_allowed(audio, desk.deadline_factor)
    before = time.thread_time()
    segments = recognise(
        model, audio, speakers=speakers, seconds=allowed, on_segment=teller.tell, check=check
    )
    metrics.AUDIO_SECONDS.labels(recording.language).inc(audio.duration_ms / 1000 * audio.channels)
    metrics.CPU_SECONDS.labels(recording.language).inc(time.thread_time() - before)
    return segments


def _tell(desk: Desk, recording: Recording, outcome: Outcome) -> str:
    body = _body(recording, outcome)
    try:
        desk.link.call(lambda bridge: bridge.put_transcript(recording.id, body))
    except BridgeRefused as error:
        raise RecordingUnknown(f"the bridge refused the transcript of {recording.id}: {error}") from error
    metrics.JOBS.labels(outcome.status, recording.language).inc()
    log.info("transcribed", recording=str(recording.id), status=outcome.status, detail=outcome.detail)
    return outcome.status


def _body(recording: Recording, outcome: Outcome) -> dict[str, Any]:
    verified = outcome.model.verified if outcome.model else None
    return {
        "language": str(recording.language),
        "model": {"name": verified.name, "sha256": verified.sha256} if verified else None,
        "status": outcome.status,
        "detail": outcome.detail,
        "segments": [_segment(segment) for segment in outcome.segments],
        "text": as_text(outcome.segments),
    }


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "speaker": segment.speaker,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "text": segment.text,
        "words": [vars(word) for word in segment.words],
    }


class _Teller:
    """Tells the bridge the words as they come, without keeping the recogniser waiting."""

    def __init__(self, link: BridgeLink, recording: Recording, model: SpeechModel) -> None:
        self._link = link
        self._recording = recording
        self._model = model
        self._under_way: Future[None] | None = None
        self._told = -TELL_EVERY_SECONDS

    def tell(self, segments: list[Segment]) -> None:
        """Send what is known so far, unless the last was sent a moment ago or is still under way."""
        busy = self._under_way is not None and not self._under_way.done()
        if busy or time.monotonic() - self._told < TELL_EVERY_SECONDS:
            return
        body = _body(self._recording, Outcome("in_progress", None, segments, self._model))
        self._told = time.monotonic()
        self._under_way = self._link.begin(lambda bridge: bridge.put_transcript(self._recording.id, body))

    def finish(self) -> None:
        """Wait for what is under way: it must not arrive after the final words."""
        if self._under_way is not None:
            try:
                self._under_way.result(15)
            except Exception as error:  # only news of progress was lost; the final words follow
                log.info("progress_not_told", recording=str(self._recording.id), reason=type(error).__name__)
                self._under_way.cancel()
