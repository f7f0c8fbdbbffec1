"""Signed cursors: a page goes on where the last one ended, however many rows came in between."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from casebridge.problems import Problem

_TAG = 16
MAX_CURSOR = 512
"""Longest cursor accepted, in characters."""


class Cursors:
    """Makes and reads cursors. The signature binds a cursor to its list, so that none can be invented.

    Args:
        key: Secret of the bridge.
    """

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(b"cursor" + key.encode()).digest()

    def make(self, listing: str, position: list[Any]) -> str:
        """A cursor after `position` (JSON values) in the named list."""
        plain = json.dumps(position, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._tag(listing, plain) + plain).decode().rstrip("=")

    def read(self, listing: str, cursor: str) -> list[Any]:
        """The position in a cursor. Raises Problem naming `cursor` where it is not one of this list."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raise _wrong() from None
        tag, plain = raw[:_TAG], raw[_TAG:]
        if not hmac.compare_digest(tag, self._tag(listing, plain)):
            raise _wrong()
        position = json.loads(plain)
        return list(position)

    def _tag(self, listing: str, plain: bytes) -> bytes:
        return hmac.new(self._key, listing.encode() + b"\0" + plain, hashlib.sha256).digest()[:_TAG]


def _wrong() -> Problem:
    return Problem("invalid_request", errors=[("cursor", "cursor_invalid")])
