"""What the emergency script knows of its node; nothing but the standard library reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Site:
    """What the script must know of its node (rendered with Asterisk's configuration)."""

    node: str
    spool_dir: Path
    calls_dir: Path
    sounds_dir: Path
    sealing_public: str
    message_max_seconds: int = 180
    message_silence_seconds: int = 6
    key_timeout_seconds: float = 6.0

    @classmethod
    def read(cls, path: Path) -> Site:
        """Read the file. Raises OSError, ValueError, TypeError where it is missing or wrong."""
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = {name: table[name] for name in cls.__dataclass_fields__ if name in table}
        for name in ("spool_dir", "calls_dir", "sounds_dir"):
            known[name] = Path(known[name])
        return cls(**known)
