"""What a process tells a monitor: `/metrics` in Prometheus' text format and `/health` in JSON.

For processes without a web server of their own (ivr, call_routing, transcription). It runs in a
thread, so `/metrics` is answered also while the event loop is busy, which is when one wants to look.
`/health` waits for the loop: a process whose loop hangs is not well, however well its threads are.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

Health = Callable[[], Mapping[str, object]]
"""Gives the state of a process; `"ok": False` in it makes `/health` answer 503."""
_TURN_SECONDS = 10.0
"""How long `/health` waits for the event loop: longer than any probe waits for `/health`."""


class EventLoopHangs(Exception):
    """The loop of this process does not turn any more."""


class MetricsServer:
    """A running metrics endpoint: its `port`, and `close()`."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.port = int(server.server_address[1])
        self._thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; returns when the port is free."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def serve(
    port: int, health: Health, *, bind: str = "127.0.0.1", registry: CollectorRegistry = REGISTRY
) -> MetricsServer:
    """Answer `/metrics` and `/health` on `bind`:`port` (0: any free port).

    Called where an event loop runs, `/health` is answered only while that loop turns.

    Args:
        health: called for each `/health`, from another thread. If it raises, the answer is 503 with
            the error's class name (not its text: that may hold a caller's data).

    Raises:
        OSError: the port is taken.
    """
    with suppress(RuntimeError):  # a process of threads has none
        health = _while_it_turns(asyncio.get_running_loop(), health)
    handler = type("MetricsHandler", (_Handler,), {"health": staticmethod(health), "registry": registry})
    server = ThreadingHTTPServer((bind, port), handler)
    server.daemon_threads = True
    return MetricsServer(server)


def _while_it_turns(loop: asyncio.AbstractEventLoop, health: Health) -> Health:
    def ask() -> Mapping[str, object]:
        turned = threading.Event()
        loop.call_soon_threadsafe(turned.set)
        if not turned.wait(_TURN_SECONDS):
            raise EventLoopHangs
        return health()

    return ask


class _Handler(BaseHTTPRequestHandler):
    health: Health
    registry: CollectorRegistry
    server_version = "line111"
    sys_version = ""
    timeout = 10  # seconds a client may take to send its request

    def do_GET(self) -> None:
        """Serve the two paths; anything else is 404."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(self.registry))
        elif path == "/health":
            status, state = self._state()
            self._answer(status, "application/json", json.dumps(state, default=str).encode())
        else:
            self._answer(404, "text/plain; charset=utf-8", b"/metrics or /health\n")

    def _state(self) -> tuple[int, Mapping[str, object]]:
        try:
            state = type(self).health()
        except Exception as error:  # the monitor must hear of any failure, whatever its kind
            return 503, {"ok": False, "error": type(error).__name__}
        return (503 if state.get("ok") is False else 200), state

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Probes every few seconds are no news."""
