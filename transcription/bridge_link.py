"""The bridge's asynchronous client, used from the workers' threads: one event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from casebridge.client import BridgeClient, BridgeUnavailable

T = TypeVar("T")
Call = Callable[[BridgeClient], Coroutine[Any, Any, T]]

LONGEST_CALL = 300.0
"""Seconds a call may take as a whole: an hour's recording over a slow line."""


class BridgeLink:
    """A connection pool to the bridge, shared by all threads of a process."""

    def __init__(self, url: str, token: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge", daemon=True)
        self._thread.start()
        self._client = BridgeClient(url, token)

    def call(self, what: Call[T]) -> T:
        """Make a call and wait for its answer.

        Raises:
            BridgeUnavailable, BridgeRefused, NotYet: as the client says; BridgeUnavailable also
                when the call as a whole takes too long.
        """
        future = self.begin(what)
        try:
            return future.result(LONGEST_CALL)
        except TimeoutError as error:
            future.cancel()
            raise BridgeUnavailable("the bridge took too long") from error

    def begin(self, what: Call[T]) -> Future[T]:
        """Make a call without waiting for it."""
        return asyncio.run_coroutine_threadsafe(what(self._client), self._loop)

    def close(self) -> None:
        """Close the connections and the loop; calls under way are cancelled."""
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
