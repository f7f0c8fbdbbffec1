"""`python -m console`: serves the bridge and the screens until SIGTERM."""

from __future__ import annotations

from casebridge.serving import serve
from console.app import create_app
from line111 import logging
from line111.settings import load_settings


def main() -> None:
    """Run the web application of this node."""
    settings = load_settings()
    logging.setup("bridge", settings)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
