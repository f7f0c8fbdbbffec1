"""The peer of the threaded kind: pyst2's `AGI`, one thread a call, as its own FastAGI server means to.

`asterisk.fastagi` does not import on Python 3 and `AGI()` sets a signal handler, which only the main
thread may; so the socket server is the standard library's and `__init__` leaves the handler out.
"""

from __future__ import annotations

import os
import socketserver
import sys
import threading

from asterisk.agi import AGI

from benchmarks.agi_peers import COMMANDS


class ThreadedAgi(AGI):  # type: ignore[misc]
    """pyst2's AGI without the signal handler; its chatter goes to nowhere."""

    def __init__(self, reader: object, writer: object, chatter: object) -> None:
        self.stdin, self.stdout, self.stderr = reader, writer, chatter
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


NOWHERE = open(os.devnull, "w")  # noqa: SIM115, PTH123 - lives as long as the process


class Handler(socketserver.StreamRequestHandler):
    """One call."""

    def handle(self) -> None:
        """Eighteen commands, one after the other."""
        reader = self.connection.makefile("r", encoding="utf-8")
        writer = self.connection.makefile("w", encoding="utf-8")
        agi = ThreadedAgi(reader, writer, NOWHERE)
        for number in range(COMMANDS):
            agi.set_variable("step", str(number))


class Server(socketserver.ThreadingTCPServer):
    """A thread a connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 4096


def main(port: int) -> None:
    """Serve until killed."""
    threading.stack_size(256 * 1024)
    with Server(("127.0.0.1", port), Handler) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
