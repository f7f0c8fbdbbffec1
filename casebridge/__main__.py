"""`python -m casebridge`."""

from __future__ import annotations

from casebridge.cli import app

app()
