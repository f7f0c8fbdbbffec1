"""`python -m console`: serves the bridge and the screens until SIGTERM."""

from __future__ import annotations

import uvicorn

from casebridge.slow_senders import ImpatientProtocol
from console.app import create_app
from line111 import logging
from line111.settings import load_settings

GRACE_SECONDS = 10
"""How long running requests may finish after SIGTERM; event streams end themselves at once."""


def main() -> None:
    """Run the web application of this node."""
    settings = load_settings()
    logging.setup("bridge", settings)
    uvicorn.run(
        create_app(settings),
        host=settings.bridge.bind,
        port=settings.bridge.port,
        http=ImpatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main()
