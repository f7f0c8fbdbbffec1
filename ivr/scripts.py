"""Which script leads a call: the path of its AGI URL names a module of `agi_scripts`."""

from __future__ import annotations

from importlib import import_module
from typing import Final, Protocol, cast

from ivr.agi.session import Session
from ivr.line import Line
from ivr.menu_keeper import MenuKeeper

NAMES: Final = ("citizen_line",)
"""Script URLs this service answers."""


class CallScript(Protocol):
    """A module's `answer`: leads one call."""

    async def __call__(self, session: Session, line: Line, menus: MenuKeeper) -> None:
        """Lead the call to its end."""


def script(name: str) -> CallScript:
    """The script of a name; it is a room's entry, found when the service starts."""
    return cast(CallScript, import_module(f"agi_scripts.{name}").answer)
