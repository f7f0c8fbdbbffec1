"""The machine under the node: Python, packages, disk, ports, clock."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
import time
from importlib import metadata
from pathlib import Path

from line111.doctor.finding import Finding, fault, warning, well
from line111.ports import holder_of
from line111.programs import chosen
from line111.settings import PROJECT, Settings
from line111.supervision import ours

GIB = 2**30
_FAULT_BYTES, _WARNING_BYTES = 1 * GIB, 5 * GIB
_FEW_INODES = 0.05
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+) *\\?$", re.MULTILINE)  # lines without a marker
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_CLOCK_SLACK = 60  # seconds


def python(_settings: Settings) -> Finding:
    """The interpreter that runs the services, in an environment of its own."""
    words = f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}"
    if sys.prefix == sys.base_prefix:
        return warning(
            f"{words}, not in a virtual environment", "run `make setup`, then use .venv/bin/line111"
        )
    return well(words)


def python_packages(_settings: Settings) -> Finding:
    """Every locked package is installed in the locked version."""
    lock = PROJECT / "requirements" / "runtime.lock"
    pinned = _PINNED.findall(lock.read_text())
    wrong = [
        f"{name} {_installed(name)} (locked: {version})"
        for name, version in pinned
        if _installed(name) != version
    ]
    if wrong:
        return fault(f"{len(wrong)} not as locked: {', '.join(wrong[:5])}", "run `make setup`")
    return well(f"{len(pinned)} as locked")


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def commands(_settings: Settings) -> Finding:
    """The programs of Debian that the product calls."""
    rows = [
        [cell.strip() for cell in line.split("|")]
        for line in (PROJECT / "deploy" / "debian-packages.txt").read_text().splitlines()
        if line.count("|") == 3 and not line.startswith("#")
    ]
    needed = [
        (package, command) for purpose, package, command, _ in rows if purpose == "product" and command != "-"
    ]
    missing = [package for package, command in needed if shutil.which(command) is None]
    if missing:
        return fault(f"missing: {', '.join(missing)}", f"as root: apt-get install {' '.join(missing)}")
    return well(f"{len(needed)} there")


def disk_space(settings: Settings) -> Finding:
    """Room for recordings: a full disk turns callers away."""
    usage = shutil.disk_usage(_existing(settings.home))
    words = f"{usage.free / GIB:.1f} of {usage.total / GIB:.1f} GiB free below {settings.home}"
    mend = (
        "free space, or move the node's home (LINE111_HOME) to a larger disk; a message takes 0.5 MB a minute"
    )
    if usage.free < _FAULT_BYTES:
        return fault(words, mend)
    if usage.free < _WARNING_BYTES:
        return warning(words, mend)
    return well(words)


def inodes(settings: Settings) -> Finding:
    """Each recording and record is a file; some file systems run out of files before bytes."""
    found = os.statvfs(_existing(settings.home))
    if found.f_files == 0:  # file systems that make them as needed
        return well("no limit")
    share = found.f_favail / found.f_files
    words = f"{found.f_favail} more files fit ({share:.0%})"
    if share < _FEW_INODES:
        return fault(words, "remove old files, or use a file system with more inodes")
    return well(words)


def asterisk_program(settings: Settings) -> Finding:
    """An Asterisk that is new enough, of the distribution or in a root of its own."""
    from asterisk_conf.installation import SAFE, NoAsterisk, find_installation

    try:
        found = find_installation(settings)
    except NoAsterisk as error:
        return fault(str(error), "as root: `line111 setup`")
    words = f"{'.'.join(map(str, found.version))} in {found.root or 'the system'}"
    if not found.safe:
        return warning(f"{words} has known holes", f"use {'.'.join(map(str, SAFE))} or newer")
    return well(words)


def ports(settings: Settings) -> Finding:
    """Every port that our programs need is free or theirs."""
    mine = set(ours(settings))
    taken, used = [], 0
    for program in chosen(settings):
        for port in program.ports(settings):
            used += 1
            holder = holder_of(port)
            if holder and holder.pid not in mine:
                taken.append(f"{port.number}/{port.protocol} ({program.name}): {holder.words}")
    if taken:
        return warning(
            "held by others: " + "; ".join(taken),
            "right if systemd starts our programs; otherwise end it, or choose another port",
        )
    return well(f"{used} free or ours")


def clock(settings: Settings) -> Finding:
    """Order of arrival, deadlines and certificates rest on the clock."""
    ahead = (
        max((_newest(folder) for folder in (settings.spool_dir, settings.home / "db")), default=0.0)
        - time.time()
    )
    if ahead > _CLOCK_SLACK:
        return fault(
            f"the clock is {ahead:.0f} s behind the newest file of this node",
            "set the clock (timedatectl), and keep it right with chrony or systemd-timesyncd",
        )
    synchronised = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) != _TIME_ERROR
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    if not synchronised:
        return warning(f"{now}; nothing keeps it right", "install chrony or start systemd-timesyncd")
    return well(now)


def _newest(folder: Path) -> float:
    if not folder.is_dir():
        return 0.0
    return max((file.lstat().st_mtime for file in folder.rglob("*")), default=0.0)


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.exists())
