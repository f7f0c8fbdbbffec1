"""Telling systemd that an event loop turns (sd_notify(3), `WatchdogSec=` in the unit).

A process that has ended is started again by systemd; one whose loop hangs has not ended, so it must say
from time to time that it does not hang. Where nobody listens nothing is said.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final

_VARIABLE: Final = "NOTIFY_SOCKET"
_SECONDS: Final = 2.0
"""Between two signs of life: several within the shortest `WatchdogSec=` of our units."""


async def watched(work: Awaitable[None]) -> None:
    """Do the work of a process; while its loop turns, systemd hears so."""
    signs = asyncio.create_task(signs_of_life())
    try:
        await work
    finally:
        signs.cancel()


async def signs_of_life() -> None:
    """Say so again and again, until cancelled; the first time is also the word that the start is over."""
    address = os.environ.get(_VARIABLE)
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address  # unix(7): an abstract name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        while True:
            with suppress(OSError):  # the next one will get through
                link.sendto(b"READY=1\nWATCHDOG=1", name)
            await asyncio.sleep(_SECONDS)
