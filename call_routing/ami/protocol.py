"""One connection to the manager interface: panoramisk's protocol with framing and endings of our own."""

from __future__ import annotations

import asyncio
from typing import Any

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from call_routing.ami.actions import require_safe
from call_routing.ami.decoder import Decoder
from call_routing.ami.errors import AmiUnavailable, FramingLost


class Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk is untyped
    """Reads by `Decoder`; when it ends, whatever waits for an answer is told so, and nothing is kept."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As panoramisk, with a fresh decoder."""
        super().connection_made(transport)
        self.decoder = Decoder()

    def data_received(self, data: bytes) -> None:
        """Decode and hand on; what is no AMI ends the connection."""
        try:
            texts = self.decoder.feed(data)
        except FramingLost as error:
            self.log.warning("manager interface: %s", error)
            self.abort()
            return
        self.version = self.decoder.version
        for text in texts:
            message = Message.from_line(text)
            if message is not None and self.factory is not None and not self.closed:
                self.handle_message(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """As panoramisk; also where the connection ends before the manager has taken it."""
        if self.factory is None:
            self.closed = True
            return
        super().connection_lost(exc)

    def send(self, data: Any, as_list: bool = False) -> Any:
        """As panoramisk; the last gate before the wire. Raises UnsafeValue, AmiUnavailable."""
        require_safe(data)
        if self.closed or self.transport.is_closing():
            raise AmiUnavailable("the link to Asterisk is closing")
        return super().send(data, as_list=as_list)

    def forget(self, action: Any) -> None:
        """Nobody waits for this answer any more."""
        self.responses.pop(action.id, None)

    def abort(self) -> None:
        """Close at once, without waiting for a peer that may be gone."""
        self.transport.abort()

    def close(self) -> None:
        """Close; unlike panoramisk, nothing waits to be sent again on the next connection.

        An Originate sent twice dials a citizen twice, and no action here is worth that risk.
        """
        waiting = {id(action): action for action in self.responses.values()}
        self.responses.clear()
        for action in waiting.values():
            if not action.future.done():
                action.future.set_exception(
                    AmiUnavailable("the link to Asterisk broke before the answer", sent=True)
                )
                action.future.exception()  # a ping's answer may have nobody who waits for it
        super().close()
