"""A message as Asterisk leaves it on disk: parts of raw A-law, joined into one recording.

`<calls>/<call_id>/take01-part02.alaw`: "record again" begins a new take, "go on speaking" a new part
of it. Standard library alone: this also runs beside Asterisk, in its root.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ivr.durable import full_disk_named, make_folder, open_shared, sync_folder
from ivr.record_id import new_record_id
from ivr.records import RATE, Recorded

LEAST_SPOKEN_SECONDS: Final = 3.0
"""An identified caller who hangs up after speaking this long has a case."""
_CALL_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")
_FRAME: Final = RATE // 50
_LOUD: Final = 200
"""Amplitude, of 32767, above which a sample is no idle noise of a line (about -44 dBFS)."""
_VOICED: Final = _FRAME // 12
"""Loud samples in a frame of 20 ms that make it speech."""


class BadCallId(ValueError):
    """A call id that can't name a folder."""


def check_call_id(text: str) -> str:
    """The call id, if it can name a folder (it comes from outside). Raises BadCallId."""
    if not _CALL_ID.fullmatch(text):
        raise BadCallId("a call id has letters, digits, and . _ : - inside")
    return text


class MessageAudio:
    """The audio of one call's message.

    Args:
        calls_dir: folder of all calls.
        call_id: Asterisk's linkedid. Raises BadCallId.
        take: number of the current take, from 1.
    """

    def __init__(self, calls_dir: Path, call_id: str, take: int = 1) -> None:
        self.calls_dir = calls_dir
        self.folder = calls_dir / check_call_id(call_id)
        self.take = take

    def prepare(self) -> None:
        """Make the folder Asterisk will record into."""
        with full_disk_named():
            make_folder(self.folder)

    def next_part(self) -> Path:
        """Path of the next part, without the extension Asterisk adds."""
        return self.folder / f"take{self.take:02d}-part{self._last_number() + 1:02d}"

    def parts(self) -> list[Path]:
        """Parts of the current take that hold sound, in order."""
        found = sorted(self.folder.glob(f"take{self.take:02d}-part*.alaw"))
        return [part for part in found if part.stat().st_size]

    def seconds(self) -> float:
        """Length of the take, silence included."""
        return sum(part.stat().st_size for part in self.parts()) / RATE

    def spoken_seconds(self) -> float:
        """How long the caller has spoken: from first to last sound of each part, pauses included."""
        return sum(spoken_seconds(part.read_bytes()) for part in self.parts())

    def join(self) -> Recorded:
        """Put the take's parts together in one durable file and name it by its hash.

        Raises:
            SpoolFull: no room; the parts are as they were.
        """
        recording_id = new_record_id()
        path = self.folder / f"{recording_id}.alaw"
        digest, size = hashlib.sha256(), 0
        with full_disk_named():
            try:
                descriptor = open_shared(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                with os.fdopen(descriptor, "wb") as file:
                    for part in self.parts():
                        sound = part.read_bytes()
                        file.write(sound)
                        digest.update(sound)
                        size += len(sound)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise
            sync_folder(self.folder)
            sync_folder(self.calls_dir)
        return Recorded(recording_id, str(path.relative_to(self.calls_dir)), size, digest.hexdigest())

    def remove(self) -> None:
        """Forget the call's audio: it was not wanted, or the bridge holds it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _last_number(self) -> int:
        names = self.folder.glob(f"take{self.take:02d}-part*.alaw")
        return max((int(path.stem.rpartition("part")[2]) for path in names), default=0)


def spoken_seconds(sound: bytes) -> float:
    """Seconds from the first to the last voiced frame of raw A-law; 0 where nobody spoke."""
    loud = sound.translate(_LOUDNESS)
    voiced: Sequence[int] = [
        start for start in range(0, len(loud), _FRAME) if loud.count(1, start, start + _FRAME) >= _VOICED
    ]
    return (voiced[-1] - voiced[0] + _FRAME) / RATE if voiced else 0.0


def _amplitude(code: int) -> int:
    """Magnitude of an A-law code on the 16-bit scale (ITU-T G.711)."""
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    value = (mantissa << 4) + 8
    return value if exponent == 0 else (value + 0x100) << (exponent - 1)


_LOUDNESS: Final = bytes(1 if _amplitude(code) > _LOUD else 0 for code in range(256))
