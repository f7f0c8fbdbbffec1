"""The synthesisers behind the prompts: espeak-ng, piper and flite, one way to ask them all.

Texts go to the programs on standard input, never through a shell or as an argument, so a text can't
become an option or a command (promise 7).
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tempfile
import tomllib
import wave
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from asterisk_conf.prompts.catalogue import FOLDER
from asterisk_conf.prompts.sound import Samples, from_int16

_SPEAKING_TIMEOUT: Final = 120.0


class NoVoice(RuntimeError):
    """No synthesiser for a language is installed; the message says what to install."""


class SynthesisFailed(RuntimeError):
    """The synthesiser was there and gave no sound; the message holds what it said."""


class Voice(Protocol):
    """Something that speaks."""

    name: str
    """For people: engine and voice."""

    def say(self, text: str) -> tuple[Samples, int]:
        """Samples and their rate in Hz. Raises SynthesisFailed."""
        ...


class EspeakVoice:
    """espeak-ng; speaks Persian, by rules."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.name = f"espeak-ng {row['name']}"
        self._command = ["espeak-ng", "-v", row["name"], "-s", str(row["words_per_minute"])]
        self._command += ["-p", str(row["pitch"]), "-b", "1", "--stdin", "--stdout"]

    def say(self, text: str) -> tuple[Samples, int]:
        """See Voice."""
        return _read_wave(_run(self._command, text))


class FliteVoice:
    """flite; plain but clear English, used where piper's voice can't be had."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.name = f"flite {row['name']}"
        self._voice = str(row["name"])

    def say(self, text: str) -> tuple[Samples, int]:
        """See Voice."""
        with tempfile.TemporaryDirectory(prefix="line111-flite-") as folder:
            spoken, output = Path(folder) / "text", Path(folder) / "speech.wav"
            spoken.write_text(text, encoding="utf-8")
            _run(["flite", "-voice", self._voice, "-f", str(spoken), "-o", str(output)], "")
            return _read_wave(output.read_bytes())


class PiperVoice:
    """piper; natural English from a neural model of 60 MB, loaded once a process."""

    def __init__(self, row: dict[str, Any], folder: Path) -> None:
        # imported here: only a process that speaks English pays for the neural runtime
        import onnxruntime  # type: ignore[import-untyped]
        from piper import PiperVoice as Model
        from piper import SynthesisConfig
        from piper.config import PiperConfig

        self.name = f"piper {row['name']}"
        _verify(row, folder)
        model = folder / f"{row['name']}.onnx"
        options = onnxruntime.SessionOptions()
        # One thread a process: the prompts are spread over processes, and more threads only spin.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        config = json.loads((folder / f"{model.name}.json").read_text(encoding="utf-8"))
        self._model = Model(session=session, config=PiperConfig.from_dict(config))
        self._config = SynthesisConfig(length_scale=float(row["length_scale"]))

    def say(self, text: str) -> tuple[Samples, int]:
        """See Voice."""
        parts: list[Samples] = []
        rate = 0
        for chunk in self._model.synthesize(text, self._config):
            rate = chunk.sample_rate
            pause = np.zeros(rate * 220 // 1000 if parts else 0, dtype=np.float32)
            parts += [pause, from_int16(chunk.audio_int16_bytes)]
        if not rate:
            raise SynthesisFailed(f"{self.name} gave no sound for {text!r}")
        return np.concatenate(parts), rate


@cache
def voice_rows(language: str) -> list[dict[str, Any]]:
    """The voices of a language in order of preference, as `voices.toml` names them."""
    table = tomllib.loads((FOLDER / "voices.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = table[language]["voice"]
    return rows


def choose_voice(language: str, voices_dir: Path) -> dict[str, Any]:
    """The best voice of a language that is installed here. Raises NoVoice."""
    for row in voice_rows(language):
        if _is_installed(row, voices_dir):
            return row
    wanted = ", ".join(sorted({str(row["engine"]) for row in voice_rows(language)}))
    raise NoVoice(f"no voice for {language!r} is installed; install one of: {wanted}")


def open_voice(row: dict[str, Any], voices_dir: Path) -> Voice:
    """A voice ready to speak."""
    if row["engine"] == "piper":
        return PiperVoice(row, voice_folder(row, voices_dir))
    return EspeakVoice(row) if row["engine"] == "espeak-ng" else FliteVoice(row)


def voice_folder(row: dict[str, Any], voices_dir: Path) -> Path:
    """Where the files of a voice lie."""
    return voices_dir / str(row["name"])


def voice_fingerprint(row: dict[str, Any]) -> str:
    """Changes when the voice or how it is told to speak changes."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]


def _is_installed(row: dict[str, Any], voices_dir: Path) -> bool:
    if row["engine"] == "piper":
        return all((voice_folder(row, voices_dir) / name).is_file() for name in row["files"])
    return shutil.which(row["engine"]) is not None


def _verify(row: dict[str, Any], folder: Path) -> None:
    for name, expected in row["files"].items():
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise SynthesisFailed(f"{folder / name} is not the file its hash promises; remove it")


def _run(command: list[str], text: str) -> bytes:
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=_SPEAKING_TIMEOUT, check=True
        )
    except subprocess.CalledProcessError as error:
        raise SynthesisFailed(f"{command[0]}: {error.stderr.decode(errors='replace').strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SynthesisFailed(f"{command[0]}: {error}") from error
    return done.stdout


def _read_wave(content: bytes) -> tuple[Samples, int]:
    # espeak-ng writes to a pipe and can't know the length: its header claims a huge one, so the bytes count.
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise SynthesisFailed(f"the synthesiser gave no sound: {error}") from error
    if (channels, width) != (1, 2) or len(raw) < 2:
        raise SynthesisFailed("the synthesiser gave no 16-bit mono sound")
    return from_int16(raw[: len(raw) // 2 * 2]), rate
