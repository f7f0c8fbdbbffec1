"""The menu in use: taken anew when its file changes, kept when the new one has mistakes."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from ivr.menu import DEFAULT_MENU, InvalidMenu, Menu, load_menu

log = logging.getLogger(__name__)


class MenuKeeper:
    """Holds the menu; a call takes it once, at its beginning.

    Args:
        path: the menu file (None: the default menu).

    Raises:
        InvalidMenu: the file has mistakes at the start, when there is no menu before it.
    """

    def __init__(
        self, path: Path | None = None, on_event: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._path = path or DEFAULT_MENU
        self._on_event = on_event
        self._seen = self._state()
        self.menu: Menu = load_menu(self._path)
        self.errors: list[str] = []
        """Mistakes of the file as it is now, while the menu before it is in use."""

    def reload(self) -> bool:
        """Read the file again; whether it is in use now. Mistakes are logged, each with its line."""
        self._seen = self._state()
        try:
            self.menu = load_menu(self._path)
        except InvalidMenu as invalid:
            self.errors = [str(error) for error in invalid.errors]
        except OSError as error:
            self.errors = [f"{self._path}: {error.strerror}"]
        else:
            self.errors = []
            log.info("menu taken from %s", self._path)
            return True
        for mistake in self.errors:
            log.error("the menu before stays in use: %s", mistake)
        self._on_event("menu_refused")
        return False

    async def watch(self, seconds: float = 1.0) -> None:
        """Reload when the file has changed, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            if self._state() != self._seen:
                self.reload()

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - one call for all three
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
