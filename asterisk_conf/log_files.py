"""Asterisk's own log files: kept few, so that a disk does not fill in years."""

from __future__ import annotations

from pathlib import Path

from line111.settings import Settings

ROTATED = ("asterisk.json", "security.log", "cdr-custom/calls.json", "cel-custom/events.json")
"""Below `<home>/asterisk/log`. queue_log is not among them: reports are computed from it."""
LARGE = 20_000_000
"""Bytes from which a file is put aside at the next start."""
KEPT = 5
"""Old files kept of each."""


def keep_few(settings: Settings, larger_than: int = LARGE) -> list[Path]:
    """Put large files aside (`name.1` is the newest old one) and remove the oldest; returns those put aside.

    Only while Asterisk does not hold them open, or before telling it to open new ones.
    """
    moved = []
    for name in ROTATED:
        path = settings.asterisk_dir / "log" / name
        if path.exists() and path.stat().st_size > larger_than:
            _shift(path)
            moved.append(path)
    return moved


def _shift(path: Path) -> None:
    path.with_name(f"{path.name}.{KEPT}").unlink(missing_ok=True)
    for number in range(KEPT - 1, 0, -1):
        old = path.with_name(f"{path.name}.{number}")
        if old.exists():
            old.rename(path.with_name(f"{path.name}.{number + 1}"))
    path.rename(path.with_name(f"{path.name}.1"))
