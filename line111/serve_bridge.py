"""`python -m line111.serve_bridge`: bring the database to today's shape, then become bridge and screens.

While the database cannot be reached it ends, and whoever watches it starts it again.
"""

from __future__ import annotations

import os
import sys

from casebridge.migrate import upgrade
from line111 import logging
from line111.settings import load_settings


def main() -> None:
    """Migrate and go on as `python -m console`: same process, so signals need no go-between."""
    settings = load_settings()
    logging.setup("bridge", settings)
    upgrade(settings.database_url)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "console"])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
