"""Transcription against its peers: a bare KaldiRecognizer loop, and `vosk-transcriber`.

    python -m benchmarks.transcription [--rounds 5]

Seconds of sound heard a second of processor time, for an 8 kHz A-law message of about a minute. The bare
loop gets the samples ready made at the model's rate, as its best case; `vosk-transcriber` gets the same A-law
in a WAV. Loading the model is left out for all three. Ratios are taken round by round, one after the other on
the same machine, and the median is told.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import vosk
from vosk.transcriber.transcriber import Transcriber

from benchmarks.rounds import Row, interleave, median, median_ratio, publish
from line111.settings import PROJECT
from transcription.audio import open_recording, prepared
from transcription.catalogue import ROWS_OF_THE_PRODUCT, Catalogue, read_rows
from transcription.fetch import fetch
from transcription.recognise import SpeechModel, recognise
from transcription.store import ModelMissing, ModelStore, VerifiedModel

SPEED = "sound heard, seconds a second of CPU, 8 kHz A-law"
BARE_CHUNK = 4000
"""Bytes: as in the examples that come with Vosk, and in its transcriber."""

MESSAGE = Path(__file__).with_name("transcription_message.txt")
"""What the caller says."""


def english() -> VerifiedModel:
    """The English model, fetched where it is not here."""
    store = ModelStore(PROJECT / "var" / "models", Catalogue(read_rows(ROWS_OF_THE_PRODUCT)))
    try:
        return store.find("en")
    except ModelMissing:
        return fetch(store, store.catalogue.row("en"))


def message(folder: Path) -> Path:
    """The message as the line records it (raw A-law), beside it the same as WAV."""
    spoken, raw = folder / "spoken.wav", folder / "message.alaw"
    subprocess.run(["flite", "-voice", "rms", "-f", str(MESSAGE), "-o", str(spoken)], check=True)
    to_alaw = ["ffmpeg", "-y", "-loglevel", "error", "-i", str(spoken), "-ar", "8000", "-c:a", "pcm_alaw"]
    subprocess.run([*to_alaw, "-f", "alaw", str(raw)], check=True)
    subprocess.run([*to_alaw, "-f", "wav", str(folder / "message.wav")], check=True)
    return raw


def cpu(work: Callable[[], object]) -> float:
    """Processor seconds of this process and the children it waited for."""

    def spent() -> float:
        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in both)

    before = spent()
    work()
    return spent() - before


def bare(model: SpeechModel, samples: bytes) -> str:
    """The loop everyone writes first."""
    recogniser = vosk.KaldiRecognizer(model.loaded, model.rates.own)
    recogniser.SetWords(True)
    texts = [
        json.loads(recogniser.Result())["text"]
        for start in range(0, len(samples), BARE_CHUNK)
        if recogniser.AcceptWaveform(samples[start : start + BARE_CHUNK])
    ]
    return " ".join([*texts, json.loads(recogniser.FinalResult())["text"]])


def throughput(model: SpeechModel, raw: Path, rounds: int) -> list[Row]:
    """The rows against both peers."""
    seconds = open_recording(raw).duration_ms / 1000
    samples = ready_made(model, raw)
    asked = {"model": str(model.verified.path), "model_name": None, "lang": None}
    peer = Transcriber(SimpleNamespace(**asked, server=None, output_type="txt"))
    files = [(raw.with_suffix(".wav"), raw.with_suffix(".txt"))]
    spent = interleave(
        {
            "ours": lambda: cpu(lambda: ours(model, raw)),
            "bare KaldiRecognizer loop": lambda: cpu(lambda: bare(model, samples)),
            "vosk-transcriber": lambda: cpu(lambda: peer.process_task_list_pool(files)),
        },
        rounds,
    )
    speed = {name: [seconds / one for one in figures] for name, figures in spent.items()}
    rows = []
    for name, aim in (("bare KaldiRecognizer loop", 0.95), ("vosk-transcriber", 1.0)):
        ratio = median_ratio(speed["ours"], speed[name])
        rows.append(
            Row(
                what=SPEED,
                ours=f"{median(speed['ours']):.2f}",
                against=name,
                theirs=f"{median(speed[name]):.2f}",
                ratio=ratio,
                aim="≥ 0.95" if aim < 1 else "ahead",
                met=ratio >= aim,
                rounds=rounds,
            )
        )
    return rows


def ready_made(model: SpeechModel, raw: Path) -> bytes:
    """The samples at the model's rate: the bare loop's best case."""
    return b"".join(block[0] for block in prepared(open_recording(raw), model.rates.own))


def ours(model: SpeechModel, raw: Path) -> None:
    """What a worker does with a recording."""
    recognise(model, open_recording(raw), speakers=["applicant"], seconds=600)


def wall(work: Callable[[], object]) -> float:
    """Seconds it takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Measure, print the rows, keep them in `benchmarks/results/transcription.json`."""
    parser = argparse.ArgumentParser(description="Transcription against its peers.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    model = SpeechModel.load(english())
    with tempfile.TemporaryDirectory() as folder:
        raw = message(Path(folder))
        rows = throughput(model, raw, rounds)
    publish("transcription", rows, packages=["vosk", "soxr", "numpy"])


if __name__ == "__main__":
    main()
