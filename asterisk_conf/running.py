"""The Asterisk of this node while it runs: its process, and its console."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from asterisk_conf.account import asterisk_account
from asterisk_conf.enclosure import drop_rights
from asterisk_conf.installation import PROGRAM, find_installation
from line111.settings import Settings

CONSOLE_TIMEOUT = 15
"""Seconds a console command may take."""


class NotRunning(Exception):
    """No Asterisk of this node runs."""


def process_id(settings: Settings) -> int:
    """Id of the running Asterisk. Raises NotRunning, also where a killed one left its file behind."""
    file = settings.asterisk_dir / "run" / "asterisk.pid"
    try:
        number = int(file.read_text())
        name = Path(f"/proc/{number}/comm").read_text().strip()
    except (OSError, ValueError):
        raise NotRunning(f"Asterisk of {settings.home} is not running") from None
    if name != "asterisk":
        raise NotRunning(f"Asterisk of {settings.home} is not running (its process id was given to {name})")
    return number


def beside_asterisk(settings: Settings, *command: str) -> list[str]:
    """A command as Asterisk itself would start it: in its root, as its user, with its few rights.

    Raises:
        NotRunning, NoAsterisk, NoSuchAccount.
    """
    number = process_id(settings)
    inside = list(command)
    if os.geteuid() == 0:
        inside = [*drop_rights(asterisk_account(settings)), *inside]
    if find_installation(settings).root is None:
        return inside
    return ["nsenter", f"--target={number}", "--mount", "--root", "--wdns=/", "--", *inside]


def console_command(settings: Settings, *arguments: str) -> list[str]:
    """The command of a console on the running Asterisk.

    Args:
        arguments: what follows `asterisk -C FILE`, such as `-r` or `-rx "core show channels"`.

    Raises:
        NotRunning, NoAsterisk, NoSuchAccount.
    """
    file = settings.asterisk_dir.absolute() / "etc" / "asterisk.conf"
    return beside_asterisk(settings, PROGRAM, "-C", str(file), *arguments)


def console(settings: Settings, command: str) -> str:
    """What the console answers to one command.

    Raises:
        NotRunning: also where it does not answer.
    """
    done = subprocess.run(
        console_command(settings, "-rx", command),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=CONSOLE_TIMEOUT,
        cwd="/",
        check=False,
    )
    if done.returncode:
        raise NotRunning(f"Asterisk does not answer: {(done.stderr or done.stdout).strip()}")
    return done.stdout
