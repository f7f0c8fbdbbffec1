"""Signed cursors: a page goes on where the last one ended, however many rows came in between."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from casebridge.problems import Problem

_TAG = 16
MAX_CURSOR = 512
"""Longest cursor accepted, in characters."""
Row = TypeVar("Row")


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

    def read_moment(self, listing: str, cursor: str | None) -> tuple[datetime, UUID] | None:
        """Moment and id a page ended with; None without a cursor. Raises like `read`."""
        if not cursor:
            return None
        at, row_id = self.read(listing, cursor)
        return datetime.fromisoformat(at), UUID(row_id)

    def cut(
        self, listing: str, rows: list[Row], limit: int, position: Callable[[Row], list[Any]]
    ) -> tuple[list[Row], str | None]:
        """A page out of rows of which one more than `limit` was read, and the cursor to the next page.

        The cursor is None on the last page; `position` tells the place of a row in its list.
        """
        if len(rows) <= limit:
            return rows, None
        return rows[:limit], self.make(listing, position(rows[limit - 1]))

    def _tag(self, listing: str, plain: bytes) -> bytes:
        return hmac.new(self._key, listing.encode() + b"\0" + plain, hashlib.sha256).digest()[:_TAG]


def moment_and_id(at: datetime, row_id: UUID) -> list[str]:
    """The position `read_moment` gives back."""
    return [at.isoformat(), str(row_id)]


def _wrong() -> Problem:
    return Problem("invalid_request", errors=[("cursor", "cursor_invalid")])
