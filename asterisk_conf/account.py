"""The user Asterisk runs as, and the folders it shares with our own services.

Numbers, not names, count inside Asterisk's own root: its /etc/passwd has other users.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from line111.settings import Settings

SHARED = 0o2770
"""Mode of folders both write in: whatever is made there belongs to the shared group."""


class NoSuchAccount(Exception):
    """The user Asterisk should run as does not exist; the text says how to make it."""


@dataclass(frozen=True)
class Account:
    """Whom a process runs as, by number."""

    uid: int
    gid: int
    shared_gid: int
    """Group that spool and calls belong to."""

    @property
    def groups(self) -> list[int]:
        """Supplementary groups."""
        return [] if self.shared_gid == self.gid else [self.shared_gid]


def asterisk_account(settings: Settings) -> Account:
    """The account Asterisk runs as: `asterisk.user` when root starts it, otherwise whoever starts it.

    Raises:
        NoSuchAccount: started by root, and the user is missing.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), os.getegid())
    user = settings.asterisk.user
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise NoSuchAccount(f"there is no user {user!r} on this machine; run `line111 setup`") from None
    return Account(found.pw_uid, found.pw_gid, _group_id(settings.service_user) or found.pw_gid)


def prepare_folders(settings: Settings, account: Account) -> None:
    """Make Asterisk's folders, its own and the shared ones, with owners that let it write.

    Existing shared folders keep their owner; their group and mode are put right when root asks.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    for folder in _own_folders(settings):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o750)
        _give(folder, account.uid, account.gid)
    for folder in (settings.asterisk_dir, settings.asterisk_dir / "etc", settings.asterisk_dir / "agi-bin"):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o750)
        _give(folder, -1, account.gid)
    for folder in shared_folders(settings):
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        if made or os.geteuid() == 0:
            _give(folder, _user_id(settings.service_user) if made else -1, account.shared_gid)
            folder.chmod(SHARED)
    (settings.sounds_dir / "hold").mkdir(parents=True, exist_ok=True)


def shared_folders(settings: Settings) -> list[Path]:
    """Where Asterisk (its emergency script, its recordings) and ivr both write."""
    parts = ("tmp", "incoming", "uncoded", "drafts", "codes", "rejected")
    return [settings.calls_dir, settings.spool_dir, *(settings.spool_dir / part for part in parts)]


def _own_folders(settings: Settings) -> Iterator[Path]:
    base = settings.asterisk_dir
    for name in ("var", "var/cache", "var/spool", "log", "log/cdr-custom", "log/cel-custom", "run"):
        yield base / name


def _give(path: Path, uid: int, gid: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, uid, gid)


def _group_id(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _user_id(name: str) -> int:
    """The user's number; -1 (leave as it is, chown(2)) where the machine does not know the user."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return -1
