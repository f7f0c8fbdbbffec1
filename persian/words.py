"""The Persian words other modules of this room need, read once from `data/words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def words() -> dict[str, Any]:
    """The tables `numbers`, `ordinals` and `calendar`."""
    return tomllib.loads((files("persian") / "data" / "words.toml").read_text(encoding="utf-8"))
