"""What has been made, of which text by which voice: so that a second set-up makes nothing again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

FORMAT: Final = 1
Source = Literal["synthesis", "studio"]


@dataclass(frozen=True, slots=True)
class Made:
    """One prompt as it lies on disk.

    Attributes:
        fingerprint: of everything that went into the sound.
        source: who spoke it.
        ms: how long it lasts.
        alaw_bytes, sln16_bytes: sizes of its two files, to notice one that was cut short or changed.
    """

    fingerprint: str
    source: Source
    ms: int
    alaw_bytes: int
    sln16_bytes: int


def fingerprint(*parts: Any) -> str:
    """A short hash of plain values."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]


def sound_files(base: Path) -> tuple[Path, Path]:
    """The A-law and the 16 kHz file of a prompt, from its path without an extension."""
    return base.with_name(base.name + ".alaw"), base.with_name(base.name + ".sln16")


def measure(base: Path, mark: str, source: Source, milliseconds: int) -> Made:
    """The manifest's row of a prompt that has just been written."""
    alaw, wide = sound_files(base)
    return Made(mark, source, milliseconds, alaw.stat().st_size, wide.stat().st_size)


def is_whole(base: Path, made: Made) -> bool:
    """Whether both files are there with the sizes they were written with."""
    try:
        sizes = tuple(path.stat().st_size for path in sound_files(base))
    except OSError:
        return False
    return sizes == (made.alaw_bytes, made.sln16_bytes)


def read_manifest(folder: Path) -> dict[str, Made]:
    """What was made, by "language/group/name"; empty where nothing was, or where the file is broken."""
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return {}
        return {name: Made(**row) for name, row in content["prompts"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_manifest(folder: Path, made: dict[str, Made]) -> None:
    """Write it whole or not at all."""
    rows = {name: asdict(row) for name, row in sorted(made.items())}
    part = folder / ".manifest.json.part"
    part.write_text(json.dumps({"format": FORMAT, "prompts": rows}, indent=1), encoding="utf-8")
    part.replace(folder / "manifest.json")


@contextmanager
def only_builder(folder: Path) -> Iterator[None]:
    """Wait until no other process builds prompts in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".building", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
