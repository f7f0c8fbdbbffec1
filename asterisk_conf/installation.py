"""Where Asterisk's program is: the distribution's own, or a small root file system made for it.

Debian 12 has no Asterisk; a later Debian's runs from a root of its own (ADR 0002).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from line111.settings import Settings

OLDEST_MAJOR = 20
"""First release with all this configuration uses."""
SAFE = (22, 10, 1)
"""First release without CVE-2026-57191."""
SUITE = "forky"
PACKAGES = ("asterisk", "python3", "python3-nacl")
"""The emergency script runs beside Asterisk, on that root's Python."""
PROGRAM = "/usr/sbin/asterisk"
_MAKER = "mmdebstrap"
_VERSION = re.compile(r"Asterisk (\d+)\.(\d+)\.(\d+)")


class NoAsterisk(Exception):
    """There is no Asterisk to start; the text says how to get one."""


class CannotInstall(Exception):
    """The root could not be made; the text holds the last lines of what the tools said."""


@dataclass(frozen=True)
class Installation:
    """An Asterisk that can be started."""

    root: Path | None
    """Root file system it lives in; None: this machine's own."""
    version: tuple[int, int, int]

    @property
    def safe(self) -> bool:
        """Whether known holes are mended in this version."""
        return self.version >= SAFE


def root_folder(settings: Settings) -> Path:
    """Where Asterisk's own root is, or would be made."""
    return (settings.asterisk.root or settings.home / "asterisk-root").absolute()


def find_installation(settings: Settings) -> Installation:
    """The Asterisk this node uses: `asterisk.root` if set, else the system's from 20 on, else our root.

    Raises:
        NoAsterisk: none of them is there.
    """
    if settings.asterisk.root is None:
        system = _version_of([PROGRAM, "-V"]) if Path(PROGRAM).exists() else None
        if system and system[0] >= OLDEST_MAJOR:
            return Installation(None, system)
    root = root_folder(settings)
    version = _version_in(root)
    if version is None:
        raise NoAsterisk(
            f"no Asterisk {OLDEST_MAJOR} or newer on this machine or in {root}; run `line111 setup`"
        )
    return Installation(root, version)


def asterisk_version(settings: Settings) -> str:
    """Like "22.10.1". Raises NoAsterisk."""
    return ".".join(str(part) for part in find_installation(settings).version)


def install_root(settings: Settings, progress: Callable[[str], None] = lambda _line: None) -> Path:
    """Make Asterisk's own root file system with mmdebstrap (about 30 s and 400 MB; needs root).

    Made beside its place and renamed at the end: an interrupted run leaves nothing that passes for
    whole, and two runs at once wait for each other. Does nothing where the root is there.

    Args:
        progress: called with each line the tools say.

    Raises:
        CannotInstall: not root, mmdebstrap is missing, or the packages cannot be had.
    """
    root = root_folder(settings)
    root.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(root):
        if _version_in(root):
            return root
        if os.geteuid() != 0:
            raise CannotInstall("only root can make Asterisk's root file system")
        if not shutil.which(_MAKER):
            raise CannotInstall(f"{_MAKER} is missing; apt-get install {_MAKER}")
        if root.exists() and any(root.iterdir()):
            raise CannotInstall(f"{root} holds something that is no Asterisk root; move it away first")
        part = root.with_name(f"{root.name}.part")
        _remove(part)
        try:
            _bootstrap(part, progress)
            part.replace(root)
        finally:
            _remove(part)
    return root


def _bootstrap(part: Path, progress: Callable[[str], None]) -> None:
    command = [_MAKER, "--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"']
    command += [f"--include={','.join(PACKAGES)}", SUITE, str(part)]
    tail: list[str] = []
    maker = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        start_new_session=True,
    )  # fmt: skip
    try:
        for line in maker.stdout or ():
            tail = [*tail[-9:], line.rstrip()]
            progress(line.rstrip())
        maker.wait()
    finally:
        _end(maker)
    if maker.returncode:
        raise CannotInstall("\n".join([f"{_MAKER} ended with {maker.returncode}:", *tail]))
    if _version_in(part) is None:
        raise CannotInstall("the new root has no working Asterisk")
    for name in ("etc/hosts", "etc/resolv.conf"):  # files are mounted over these at each start
        (part / name).unlink(missing_ok=True)
        (part / name).touch()


def _end(maker: subprocess.Popen[str]) -> None:
    """Where it still runs, we were interrupted: so is it, and it unmounts what it mounted."""
    if maker.poll() is not None:
        return
    os.killpg(maker.pid, signal.SIGINT)
    try:
        maker.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(maker.pid, signal.SIGKILL)
        maker.wait()


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove(folder: Path) -> None:
    """A half-made root. Refuses where something is still mounted: it may be this machine's /dev."""
    if not folder.exists():
        return
    mounts = Path("/proc/self/mounts").read_text().split("\n")
    if any(line.split(" ")[1].startswith(f"{folder}/") for line in mounts if line):
        raise CannotInstall(f"something is mounted below {folder}; unmount it first")
    shutil.rmtree(folder)


def _version_in(root: Path) -> tuple[int, int, int] | None:
    if not (root / PROGRAM[1:]).exists():
        return None
    if os.geteuid() != 0:
        return _packaged_version(root)
    return _version_of(["chroot", str(root), PROGRAM, "-V"])


def _packaged_version(root: Path) -> tuple[int, int, int] | None:
    """Without root nothing in there can be run; its package database tells the version."""
    status = (root / "var/lib/dpkg/status").read_text(errors="replace")
    found = re.search(r"^Package: asterisk\n(?:.+\n)*?Version: (?:\d+:)?(\d+)\.(\d+)\.(\d+)", status, re.M)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _version_of(command: list[str]) -> tuple[int, int, int] | None:
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(said)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
