"""Writing that survives a crash: a reader finds the old file or the whole new one, never a part.

Standard library alone: this also runs beside Asterisk, in its root.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FILE_MODE = 0o660
FOLDER_MODE = 0o2770
"""Group-writable and setgid: our services and Asterisk's script are two users of one group."""


class SpoolFull(Exception):
    """The disk (or quota) has no room left; nothing was written, what was there before stands."""


def write_whole(path: Path, content: bytes, *, by_way_of: Path, sync: bool = True) -> None:
    """Put a file in place at once: written aside, synced, renamed, its folder synced.

    Args:
        by_way_of: folder on the same file system where the unfinished file lies meanwhile.
        sync: False where surviving a killed process is enough and a power cut need not be survived.

    Raises:
        SpoolFull: no room; the unfinished file is gone again.
    """
    part = by_way_of / f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}"
    with full_disk_named():
        try:
            descriptor = open_shared(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            try:
                _write_all(descriptor, content)
                if sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
        if sync:
            sync_folder(path.parent)


def open_shared(path: Path, flags: int) -> int:
    """Open a file that the group may write too, whatever the umask of who makes it."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, FILE_MODE)
    with suppress(PermissionError):  # it was there before and is another user's, who did the same
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable: a rename is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder both our services and Asterisk may write in; leave one that is there as it is."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(PermissionError):
        folder.chmod(FOLDER_MODE)


@contextmanager
def full_disk_named() -> Iterator[None]:
    """Turn the system's "no space left" into SpoolFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise SpoolFull(f"no room left on the disk: {error.strerror}") from error
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock (flock) meanwhile, against all processes; it dies with the holder."""
    with full_disk_named():
        descriptor = open_shared(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def to_json(document: Mapping[str, Any]) -> bytes:
    """One line of JSON, as it lies in the spool."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
