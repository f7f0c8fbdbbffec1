"""A node of its own, and its rendered configuration read back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from line111.secrets import ensure_secrets
from line111.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("LINE111_"):
            monkeypatch.delenv(name)


@pytest.fixture
def make_settings(short_path: Path) -> Callable[..., Settings]:
    """Settings with secrets made, in a home with a short plain path."""

    def make(**values: Any) -> Settings:
        settings = Settings(**{"home": short_path / "n", "node": "n1", **values})
        settings.home.mkdir(exist_ok=True)
        ensure_secrets(settings)
        return settings

    return make
