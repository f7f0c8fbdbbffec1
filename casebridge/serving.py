"""How the bridge is served over HTTP, alone or with the screens: limits and an end in peace."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from casebridge.slow_senders import ImpatientProtocol
from line111.garbage import collect_rarely
from line111.settings import Settings

GRACE_SECONDS = 10
"""How long running requests may finish after SIGTERM; event streams end themselves at once."""
KEEP_ALIVE_SECONDS = 30


def serve(app: FastAPI, settings: Settings) -> None:
    """Serves the application where the settings say, until SIGTERM or SIGINT."""
    collect_rarely()
    uvicorn.run(
        app,
        host=settings.bridge.bind,
        port=settings.bridge.port,
        http=ImpatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
