"""The unprivileged users of a node, and whether they can reach what they need.

`line111` runs our services, `asterisk` runs Asterisk; both are in the group `line111`, which owns the
folders they share (spool, calls). Started by anyone but root, everything runs as that person.
"""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TypedDict

from line111.settings import PROJECT, Settings


def is_root() -> bool:
    """Whether this process may change users and owners."""
    return os.geteuid() == 0


def user_exists(name: str) -> bool:
    """Whether the machine knows this user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def service_user(settings: Settings) -> str | None:
    """The user to drop to for our own services; None: run as the user who started (see `why_not`)."""
    return None if why_not_dropped(settings) else settings.service_user


@cache
def _reach_problem(user: str, above_home: Path) -> str:
    """Empty if the user can run our code and come to the home; asked once (it starts a Python)."""
    account = pwd.getpwnam(user)
    code = "import os, sys, line111, structlog; os.stat(os.path.join(sys.argv[1], '.'))"
    tried = subprocess.run(
        [sys.executable, "-P", "-c", code, str(above_home)],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        timeout=30,
    )
    return tried.stderr.decode(errors="replace").strip().splitlines()[-1] if tried.returncode else ""


class Dropped(TypedDict, total=False):
    """Arguments for `subprocess` that start a command as another user."""

    user: int
    group: int
    extra_groups: list[int]
    umask: int


def as_user(user: str | None) -> Dropped:
    """Start a command as `user` (None: as ourselves), its files open to its group alone."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    groups = os.getgrouplist(user, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups, "umask": 0o007}


def why_not_dropped(settings: Settings) -> str:
    """Why services run as the starting user, in plain words; empty where they are dropped."""
    user = settings.service_user
    if not is_root():
        return "not started by root, so everything runs as the user who starts it"
    if not user_exists(user):
        return f"there is no user {user!r} on this machine"
    try:
        problem = _reach_problem(user, _existing(settings.home.absolute().parent))
    except OSError as error:
        problem = str(error)
    if not problem:
        return ""
    return f"user {user!r} cannot use the project in {PROJECT} or the home {settings.home}: {problem}"


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def make_accounts(settings: Settings) -> list[str]:
    """Make the two users where root may and they are missing; returns the names made.

    Raises:
        subprocess.CalledProcessError: useradd or usermod refused; its words are in `stderr`.
    """
    if not is_root():
        return []
    made = []
    if not user_exists(settings.service_user):
        _useradd(settings.service_user)
        made.append(settings.service_user)
    if not user_exists(settings.asterisk.user):
        _useradd(settings.asterisk.user)
        made.append(settings.asterisk.user)
    group = grp.getgrnam(settings.service_user)
    if settings.asterisk.user not in group.gr_mem:
        _run("usermod", "-a", "-G", settings.service_user, settings.asterisk.user)
    return made


def _useradd(name: str) -> None:
    group = ("--gid", name) if _group_exists(name) else ("--user-group",)
    _run(
        *("useradd", "--system", *group, "--no-create-home"),
        *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name),
    )


def _group_exists(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
