"""Versions of the programs that take part, and the commit that is measured."""

from __future__ import annotations

import re
import subprocess

from asterisk_conf.running import console
from benchmarks.postgres import postgres_command
from line111.settings import PROJECT, Settings

_NUMBER = re.compile(r"\d+\.[\w.+~-]*\w")
_ASKED = {
    "Redis": ["redis-server", "--version"],
    "PostgreSQL": postgres_command("postgres", "--version"),
    "SIPp": ["sipp", "-v"],
}


def versions(*names: str) -> dict[str, str]:
    """Versions of these programs (Redis, PostgreSQL, SIPp), as they tell them."""
    return {name: _number(_said(_ASKED[name])) for name in names}


def asterisk_version(settings: Settings) -> dict[str, str]:
    """Version of the Asterisk that runs at this node."""
    return {"Asterisk": _number(console(settings, "core show version"))}


def commit() -> str:
    """Short name of the commit; and whether files under version control differ from it."""
    git = ["git", "-C", str(PROJECT)]
    changed = _said([*git, "status", "--porcelain", "--untracked-files=no"]).strip()
    name = _said([*git, "rev-parse", "--short", "HEAD"]).strip() or "unknown"
    return f"{name} with changes" if changed else name


def _number(said: str) -> str:
    found = _NUMBER.search(said)
    return found[0] if found else "unknown"


def _said(command: list[str]) -> str:
    """What a command writes; nothing where it cannot be run. SIPp ends with an error after its version."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/").stdout
    except OSError:
        return ""
