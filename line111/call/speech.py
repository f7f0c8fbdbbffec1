"""The citizen's voice: a text spoken, or a sound file read, as 8 kHz telephone audio."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from pydub import AudioSegment
from pydub.exceptions import CouldntDecodeError

from line111.call.hearing import RATE, Samples

_PEAK = 10 ** (-6 / 20) * 32767
_VOICES = {
    "fa": ["espeak-ng", "-v", "fa", "-s", "140", "-w"],
    "en": ["flite", "-voice", "rms", "-o"],
}
_TEXT_OPTION = {"fa": ["--"], "en": ["-t"]}
_PACKAGE = {"fa": "espeak-ng", "en": "flite"}


class VoiceMissing(Exception):
    """The program that speaks this language is not installed; the text says what to install."""


class SoundUnreadable(Exception):
    """The file to play is no sound file that can be read."""


def spoken(language: str, text: str) -> Samples:
    """The text as a person would say it on the telephone: 8 kHz, mono, peak at -6 dBFS.

    Raises:
        VoiceMissing: espeak-ng (Persian) or flite (English) is not there or fails.
    """
    with tempfile.TemporaryDirectory(prefix="line111-voice-") as folder:
        file = Path(folder) / "said.wav"
        command = [*_VOICES[language], str(file), *_TEXT_OPTION[language], text]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            package = _PACKAGE[language]
            raise VoiceMissing(f"{package} is not installed; apt-get install {package}") from None
        except subprocess.CalledProcessError as error:
            raise VoiceMissing(error.stderr.decode(errors="replace").strip()) from None
        return read_sound(file)


def read_sound(file: Path) -> Samples:
    """Any sound file (ffmpeg reads what is no WAV) as 8 kHz mono telephone audio. Raises SoundUnreadable."""
    try:
        sound: Any = AudioSegment.from_file(file).set_channels(1).set_sample_width(2)
    except FileNotFoundError as error:
        raise SoundUnreadable(f"{error.filename or file} is not there") from None
    except (CouldntDecodeError, OSError, EOFError, wave.Error, IndexError) as error:
        raise SoundUnreadable(f"{file} cannot be read as sound: {str(error).splitlines()[0]}") from None
    samples = np.array(sound.get_array_of_samples(), dtype=np.float64)
    if not len(samples):
        raise SoundUnreadable(f"{file} holds no sound")
    narrow = soxr.resample(samples, sound.frame_rate, RATE)
    peak = float(np.abs(narrow).max())
    scaled: Samples = (narrow * (_PEAK / peak if peak else 0.0)).astype(np.int16)
    return scaled


def write_wav(file: Path, *channels: Samples) -> None:
    """Write 8 kHz 16-bit WAV with one channel or more; shorter ones are filled with silence."""
    length = max(len(channel) for channel in channels)
    padded = [np.pad(channel, (0, length - len(channel))) for channel in channels]
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(len(channels))
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(np.stack(padded, axis=1).astype("<i2").tobytes())
