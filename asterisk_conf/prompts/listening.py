"""A prompt for an operator's ears, as callers hear it: a WAV file, or this machine's loudspeaker."""

from __future__ import annotations

import audioop
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Final

from asterisk_conf.prompts.sound import ALAW_RATE

PLAYERS: Final = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("play", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
"""Programs that play a file and end, the likeliest to find the loudspeaker first."""


class NotHeard(Exception):
    """The sound could not be played; says why."""


def write_wav(sound: Path, file: Path) -> None:
    """Writes a raw A-law file as WAV, 16 bits a sample. Raises OSError."""
    with file.open("wb") as target, wave.open(target, "wb") as out:
        out.setparams((1, 2, ALAW_RATE, 0, "NONE", ""))
        out.writeframes(audioop.alaw2lin(sound.read_bytes(), 2))


def play(sound: Path) -> None:
    """Plays a raw A-law file to its end with what this machine has. Raises NotHeard."""
    found = next((player for player in PLAYERS if shutil.which(player[0])), None)
    if found is None:
        names = ", ".join(name for name, *_ in PLAYERS)
        raise NotHeard(f"no program here plays sound ({names})")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        write_wav(sound, Path(file.name))
        done = subprocess.run([*found, file.name], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotHeard(f"{found[0]} can't play it: {said[-1] if said else f'ended with {done.returncode}'}")
