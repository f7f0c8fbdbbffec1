"""The folders of a node's home: whose they are and who may enter, as one table.

Set-up makes them so, the doctor compares. Owners are only set by root; without root everything
belongs to the person who runs the node. Asterisk's own folders are made by `asterisk_conf`.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from line111.accounts import is_root, service_user, user_exists
from line111.settings import Settings

SHARED = 0o2770
"""Services and Asterisk both write here; what is made inside keeps the group (setgid)."""


@dataclass(frozen=True)
class Folder:
    """A folder below home: its mode, and whether the services may only read it."""

    path: str
    mode: int
    read_only: bool = False
    """It belongs to root: what is verified, played or logged is not the services' to change."""


FOLDERS = (
    Folder(".", 0o2750, read_only=True),
    Folder("secrets", 0o700),
    Folder("db", 0o700),
    Folder("redis", 0o700),
    Folder("spool", SHARED),
    Folder("spool/incoming", SHARED),
    Folder("spool/rejected", SHARED),
    Folder("spool/drafts", SHARED),
    Folder("spool/codes", SHARED),
    Folder("spool/tmp", SHARED),
    Folder("calls", SHARED),
    Folder("sounds", 0o2750, read_only=True),
    Folder("recordings", 0o700),
    Folder("models", 0o2750, read_only=True),
    Folder("proposals", 0o2750, read_only=True),
    Folder("log", 0o2750, read_only=True),
    Folder("run", 0o750),
)
WRITTEN_TREES = ("secrets", "db", "recordings")
"""Folders whose content set-up may have written as root for the services."""


def make_folders(settings: Settings) -> list[str]:
    """Make what is missing, set owners and modes; returns words for each change."""
    changes = []
    for folder in FOLDERS:
        path = settings.home / folder.path
        if not path.is_dir():
            path.mkdir(parents=True)
            changes.append(f"made {path}")
        if wrong := "; ".join(_wrong(settings, folder)):
            _set_right(settings, folder, path)
            changes.append(f"set right: {wrong}")
    return changes


def folder_faults(settings: Settings) -> Iterator[str]:
    """What differs from the table, in plain words."""
    for folder in FOLDERS:
        path = settings.home / folder.path
        if path.is_dir():
            yield from _wrong(settings, folder)
        else:
            yield f"{path} is missing"


def hand_over(settings: Settings) -> None:
    """Give the services what set-up wrote for them as root."""
    user = service_user(settings)
    if user is None:
        return
    account = pwd.getpwnam(user)
    for tree in WRITTEN_TREES:
        for path in [settings.home / tree, *(settings.home / tree).rglob("*")]:
            if path.lstat().st_uid != account.pw_uid or path.lstat().st_gid != account.pw_gid:
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _wrong(settings: Settings, folder: Folder) -> Iterator[str]:
    path = settings.home / folder.path
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode != folder.mode:
        yield f"{path} has mode {mode:04o}, not {folder.mode:04o}"
    user, group = owners(settings, folder)
    if user and (_user_name(found.st_uid), _group_name(found.st_gid)) != (user, group):
        yield (
            f"{path} belongs to {_user_name(found.st_uid)}:{_group_name(found.st_gid)}, not {user}:{group}"
        )


def owners(settings: Settings, folder: Folder) -> tuple[str, str]:
    """User and group the folder should belong to; ("", "") where nobody is root to set them."""
    if not is_root():
        return "", ""
    group = settings.service_user if user_exists(settings.service_user) else "root"
    return "root" if folder.read_only else service_user(settings) or "root", group


def _set_right(settings: Settings, folder: Folder, path: Path) -> None:
    user, group = owners(settings, folder)
    if user:
        shutil.chown(path, user, group)
    path.chmod(folder.mode)  # after the owner: chown(2) takes the setgid bit away


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
