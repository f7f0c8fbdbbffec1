"""`python -m transcription`: the speech-to-text workers of this machine.

With `processes` = 1 (default) it is the worker itself; with more it starts that many workers and
watches them. SIGTERM and SIGINT end it in order: jobs under way go back to the queue.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import structlog

from line111 import logging as line111_logging
from line111.metrics import serve
from line111.settings import Settings, load_settings
from transcription.metrics import watch_queue
from transcription.worker import STOP_SECONDS, Worker

log = structlog.get_logger(__name__)

RESTART_SECONDS = 2.0
ONE = "--one"


def main() -> int:
    """Run until told to stop; the exit status is 0 after an orderly end."""
    settings = load_settings()
    line111_logging.setup("transcription", settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if ONE in sys.argv[1:]:
        return run_worker(settings, int(sys.argv[sys.argv.index(ONE) + 1]), stop)
    if settings.transcription.processes == 1:
        return run_worker(settings, 0, stop)
    return watch_workers(settings.transcription.processes, stop)


def run_worker(settings: Settings, number: int, stop: threading.Event) -> int:
    """One worker in this process."""
    worker = Worker(settings)
    watch_queue(worker.redis)
    endpoint = serve(settings.transcription.metrics_port + number, worker.health)
    worker.start()
    log.info("transcription_ready", threads=settings.transcription.threads, port=endpoint.port)
    stop.wait()
    log.info("transcription_stopping")
    worker.stop()
    endpoint.close()
    return 0


def watch_workers(count: int, stop: threading.Event) -> int:
    """Keep `count` worker processes running; restart one that dies."""
    workers = [_start(number) for number in range(count)]
    while not stop.wait(0.5):
        for number, worker in enumerate(workers):
            if worker.poll() is not None:
                log.error("worker_died", number=number, status=worker.returncode)
                stop.wait(RESTART_SECONDS)
                workers[number] = _start(number)
    for worker in workers:
        worker.terminate()
    until = time.monotonic() + STOP_SECONDS + 5
    for worker in workers:
        try:
            worker.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
    return 0


def _start(number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-P", "-m", "transcription", ONE, str(number)])


if __name__ == "__main__":
    sys.exit(main())
