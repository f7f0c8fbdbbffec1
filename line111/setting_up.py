"""`line111 setup`: what a node needs besides packages, step by step.

Every step looks first whether there is anything to do. What a step was last done from is remembered as
a fingerprint, so that a second set-up takes seconds; an interrupted step leaves no fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from line111 import first_account
from line111.accounts import as_user, make_accounts, service_user
from line111.folders import hand_over, make_folders
from line111.node_files import write_redis_configuration
from line111.secrets import ensure_secrets
from line111.settings import PROJECT, Settings


class StepFailed(Exception):
    """A step could not be done; `words` is what it said, `mend` how to go on."""

    def __init__(self, step: str, words: str, mend: str) -> None:
        super().__init__(f"{step}: {words}")
        self.step, self.words, self.mend = step, words, mend


@dataclass(frozen=True)
class Step:
    """A part of set-up that a process of its own does, mostly a room's `line111` command."""

    name: str
    module: str
    """Run with `python -m`."""
    arguments: tuple[str, ...]
    made_from: tuple[str, ...]
    """Files and folders of the project whose content decides whether it is done again."""
    leaves: Callable[[Settings], Path]
    """What is there when it is done."""
    mend: str
    as_service: bool = False
    """Done as the user our services run as (whose files it writes)."""
    may_fail: bool = False
    """The product runs without it; the next set-up tries again."""
    seconds: int = 1800
    """Time it may take at most."""


def _asterisk_program(settings: Settings) -> Path:
    own = (settings.asterisk.root or settings.home / "asterisk-root") / "usr/sbin/asterisk"
    system = Path("/usr/sbin/asterisk")
    return system if system.exists() and settings.asterisk.root is None else own


STEPS = (
    Step(
        "Asterisk",
        "line111",
        ("asterisk", "install"),
        ("asterisk_conf/installation.py",),
        _asterisk_program,
        "look at the network, remove var/asterisk-root and try again",
    ),
    Step(
        "Asterisk's configuration",
        "line111",
        ("asterisk", "render"),
        ("asterisk_conf",),
        lambda s: s.asterisk_dir / "etc" / "pjsip.conf",
        "correct the setting it names",
    ),
    Step(
        "prompts, Persian and English",
        "line111",
        ("prompts", "build"),
        ("asterisk_conf/prompts", "requirements/data.lock"),
        lambda s: s.sounds_dir / "fa",
        "`line111 prompts build` tells which prompt",
    ),
    Step(
        "English speech model",
        "line111",
        ("models", "fetch", "en"),
        ("transcription/models.toml",),
        lambda s: s.models_dir,
        "look at the network; `line111 models fetch en` goes on where it stopped",
    ),
    Step(
        "Persian speech model",
        "line111",
        ("models", "fetch", "fa"),
        ("transcription/models.toml",),
        lambda s: s.models_dir,
        "recordings wait for it, untouched; `line111 models fetch fa` whenever it can be had",
        may_fail=True,
        seconds=60,
    ),
    Step(
        "database",
        "line111",
        ("bridge", "migrate"),
        ("casebridge/migrations",),
        lambda s: s.home / "db",
        "`line111 bridge migrate` tells more",
        as_service=True,
    ),
    Step(
        "proposals of subject and kind",
        "line111",
        ("proposals", "learn"),
        ("casebridge/proposals", "casebridge/country/data/subjects.csv", "requirements/runtime.lock"),
        lambda s: s.proposals_dir,
        "`line111 proposals learn` tells more",
    ),
    Step(
        "first account",
        "line111.first_account",
        (),
        (),
        lambda s: s.secrets_dir / first_account.SECRET,
        "`line111 bridge create-account NAME --role operator`",
        as_service=True,
    ),
)


_SIGN_OF_LIFE = 15
_TRY_AGAIN_AFTER = 86_400
"""Seconds until a step that may fail, and did, is tried again by itself."""


class SetUp:
    """One run of set-up on this machine."""

    def __init__(self, settings: Settings, say: Callable[[str], None], again: bool = False) -> None:
        """Args:
        say: is given plain lines for a person.
        again: do every step, whatever was done before.
        """
        self._settings = settings
        self._say = say
        self._again = again
        self._memory = Memory(settings.home / "run" / "set-up.json")

    def run(self, steps: Iterable[Step] = STEPS) -> None:
        """Do all that is to be done. Raises StepFailed."""
        self._basics()
        for step in steps:
            mark = fingerprint(self._settings, step)
            if self._again or not self._memory.done(step.name, mark, step.leaves(self._settings)):
                self._do(step, mark)

    def _basics(self) -> None:
        settings = self._settings
        parts: tuple[tuple[str, Callable[[], list[str]]], ...] = (
            ("users", lambda: make_accounts(settings)),
            ("folders and their rights", lambda: make_folders(settings)),
            ("secrets", lambda: ensure_secrets(settings, _gateway_tokens(settings))),
        )
        for name, make in parts:
            try:
                made = make()
            except (OSError, subprocess.CalledProcessError) as error:
                words = getattr(error, "stderr", "") or str(error)
                raise StepFailed(
                    name, words, "run it as root, or set LINE111_HOME to a folder of yours"
                ) from error
            if made:
                self._say(f"  {name}: {len(made)} made or set right")
        hand_over(settings)
        write_redis_configuration(settings)

    def _do(self, step: Step, mark: str) -> None:
        self._say(f"  {step.name} …")
        began = time.monotonic()
        failed = _run_room(self._settings, step, self._say)
        hand_over(self._settings)
        seconds = f"{time.monotonic() - began:.0f} s"
        if not failed:
            self._memory.keep(step.name, mark)
            self._say(f"  {step.name}: done in {seconds}")
        elif step.may_fail:
            self._memory.keep_failure(step.name)
            self._say(f"  {step.name}: not now ({seconds}). {failed.splitlines()[-1]}\n    {step.mend}")
        else:
            raise StepFailed(step.name, failed, step.mend)


def _gateway_tokens(settings: Settings) -> list[str]:
    """Names of the secrets by which gateways are known. Raises StepFailed where their file is wrong."""
    from casebridge.notifications.providers.file import HttpEntry, ProviderFileWrong, read_providers

    try:
        entries = read_providers(settings.notifications.providers)
    except ProviderFileWrong as error:
        raise StepFailed("providers of messages", str(error), "correct it: docs/notifications.md") from error
    return [entry.token for entry in entries if isinstance(entry, HttpEntry)]


class Memory:
    """What set-up did last, in one small file. A damaged file only means doing it again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def done(self, step: str, mark: str, leaves: Path) -> bool:
        """Whether the step was done from these very sources and its result is still there."""
        kept = self._read().get(step, {})
        if time.time() - float(str(kept.get("failed_at", 0))) < _TRY_AGAIN_AFTER:
            return True
        return kept.get("mark") == mark and leaves.exists()

    def keep(self, step: str, mark: str) -> None:
        """Remember that it was done."""
        self._write({**self._read(), step: {"mark": mark}})

    def keep_failure(self, step: str) -> None:
        """Remember that it was tried in vain just now."""
        self._write({**self._read(), step: {"failed_at": time.time()}})

    def _read(self) -> dict[str, dict[str, object]]:
        try:
            kept = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _write(self, kept: dict[str, dict[str, object]]) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(kept, indent=1))
        part.replace(self._path)


def fingerprint(settings: Settings, step: Step) -> str:
    """A digest of everything that decides how a step turns out: its sources and the settings."""
    digest = hashlib.sha256(settings.model_dump_json().encode())
    for source in step.made_from:
        path = PROJECT / source
        for file in sorted([path] if path.is_file() else path.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(str(file.relative_to(PROJECT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _run_room(settings: Settings, step: Step, say: Callable[[str], None]) -> str:
    """Run the room's command; empty if it went well, otherwise the last lines it said."""
    user = service_user(settings) if step.as_service else None
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", step.module, *step.arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LINE111_HOME": str(settings.home.absolute()), "COLUMNS": "200"},
            **as_user(user),
        )
        try:
            code = _wait(child, step.seconds, say)
        except subprocess.TimeoutExpired:
            return f"no end after {step.seconds} s"
        finally:
            _end(child)
        said.seek(0)
        lines = [line.rstrip() for line in said.read().splitlines() if line.strip()]
    return "\n".join(lines[-20:]) or f"ended with {code}" if code else ""


def _wait(child: subprocess.Popen[bytes], seconds: int, say: Callable[[str], None]) -> int:
    """The exit code; meanwhile a sign of life now and then. Raises TimeoutExpired."""
    for passed in range(_SIGN_OF_LIFE, seconds, _SIGN_OF_LIFE):
        try:
            return child.wait(timeout=_SIGN_OF_LIFE)
        except subprocess.TimeoutExpired:
            say(f"    {passed} s …")
    return child.wait(timeout=seconds % _SIGN_OF_LIFE or _SIGN_OF_LIFE)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Interrupted or too slow: the room's command is ended in peace, then by force."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
