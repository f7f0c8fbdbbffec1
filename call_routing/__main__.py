"""`python -m call_routing`: the controller of this node, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import signal

from call_routing.ami import AmiAddress
from call_routing.controller import Controller
from line111 import logging as line111_logging
from line111 import metrics
from line111.secrets import read_secret, redis_url
from line111.settings import Settings, load_settings
from line111.watchdog import watched

log = logging.getLogger("call_routing")


async def serve(settings: Settings) -> None:
    """Run the controller until this task is cancelled."""
    asterisk = settings.asterisk
    address = AmiAddress(
        asterisk.ami_host, asterisk.ami_port, "call_routing", read_secret(settings, "ami_call_routing")
    )
    controller = Controller(address, redis_url(settings), settings.node)
    monitor = metrics.serve(settings.call_routing.metrics_port, controller.health)
    log.info("following the calls of Asterisk at %s:%s", asterisk.ami_host, asterisk.ami_port)
    try:
        await controller.run()
    finally:
        monitor.close()


async def _until_signal(settings: Settings) -> None:
    work = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if work is not None:
            loop.add_signal_handler(number, work.cancel)
    try:
        await serve(settings)
    except asyncio.CancelledError:
        log.info("stopped")


def main() -> None:
    """Entry of the process."""
    settings = load_settings()
    line111_logging.setup("call_routing", settings)
    asyncio.run(watched(_until_signal(settings)))


if __name__ == "__main__":
    main()
