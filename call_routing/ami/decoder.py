r"""AMI's framing, without I/O: bytes in, whole messages out.

An AMI server greets with one line, `Asterisk Call Manager/VERSION`, and then sends messages: lines
ending in CRLF, an empty line after each message. A message is decoded only when all its bytes are
here, so a letter of two bytes that comes in two packets is still a letter.
"""

from __future__ import annotations

from call_routing.ami.errors import FramingLost

GREETING = b"Asterisk Call Manager/"
MOST_BYTES = 1024 * 1024
"""The longest message that is read; this is a security limit. CLI output is the longest we see, far below."""
_GREETING_MOST = 256
_END = b"\r\n\r\n"


class Decoder:
    """Turns a connection's bytes into messages.

    Args:
        most_bytes: longest message accepted.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.version: str | None = None
        """The protocol's version as greeted; None before the greeting."""
        self._most = most_bytes
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[str]:
        """Take bytes as they came; returns the messages that are whole now, without their empty line.

        Bytes that are no UTF-8 become U+FFFD: a damaged name must not cost the event it is in.

        Raises:
            FramingLost: this is no AMI server, or a message is longer than allowed.
        """
        self._buffer += data
        if self.version is None and not self._read_greeting():
            return []
        messages = []
        while (end := self._buffer.find(_END, self._searched)) >= 0:
            message = self._buffer[:end]
            del self._buffer[: end + len(_END)]
            self._searched = 0
            self._check(len(message))
            text = message.decode("utf-8", "replace").strip("\r\n")
            if text:
                messages.append(text)
        self._searched = max(0, len(self._buffer) - len(_END) + 1)
        self._check(len(self._buffer))
        return messages

    def _read_greeting(self) -> bool:
        head = bytes(self._buffer[: len(GREETING)])
        if not GREETING.startswith(head) and not head.startswith(GREETING):
            raise FramingLost(f"this is not Asterisk's manager interface: it says {head[:20]!r}")
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _GREETING_MOST:
                raise FramingLost("the greeting does not end")
            return False
        self.version = self._buffer[len(GREETING) : end].decode("ascii", "replace").strip()
        del self._buffer[: end + 2]
        return True

    def _check(self, length: int) -> None:
        if length > self._most:
            raise FramingLost(f"a message of more than {self._most} bytes")
