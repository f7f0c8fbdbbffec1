"""`python -m ivr`: the conversation service."""

from __future__ import annotations

import os
import sys

import uvloop

from agi_scripts import citizen_line
from ivr.menu import InvalidMenu
from ivr.service import serve_until_stopped
from line111 import logging
from line111.settings import load_settings
from line111.watchdog import watched

SCRIPTS = {"citizen_line": citizen_line.answer}
"""What leads the calls: the one place where ivr knows of who uses it."""


def main() -> int:
    """Run until stopped; 1 with plain words where it can't start."""
    settings = load_settings()
    logging.setup("ivr", settings)
    os.umask(0o007)
    try:
        uvloop.run(watched(serve_until_stopped(settings, SCRIPTS)))
    except (InvalidMenu, FileNotFoundError, OSError) as error:
        print(f"ivr cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
