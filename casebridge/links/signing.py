"""Signatures of what travels between neighbours: HMAC-SHA-256 over the moment and the body.

The header is `X-Line111-Signature: t=<unix seconds>,v1=<hex>`; what is signed is the moment, a dot, and
the body's bytes. A receiver refuses what is older than the window, so a message that was listened to
can't be sent again later; within the window the delivery's id keeps it from counting twice. A question for a
recording has no body: signed is what it asks for, and for whom.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final
from uuid import UUID

HEADER: Final = "X-Line111-Signature"
ID_HEADER: Final = "X-Line111-Delivery"
WINDOW_SECONDS: Final = 300
"""How far sender's and receiver's clocks, and the way between them, may be apart."""
_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def sign(secret: str, body: bytes, at: int) -> str:
    """The header's text for a body sent at this moment (unix seconds)."""
    return f"t={at},v1={_digest(secret, body, at)}"


def is_genuine(secret: str, body: bytes, header: str, now: int) -> bool:
    """Whether the body was signed with the secret, not longer ago (or ahead) than the window."""
    form = _FORM.fullmatch(header)
    if form is None:
        return False
    at = int(form.group(1))
    fits = hmac.compare_digest(_digest(secret, body, at), form.group(2))
    return fits and abs(now - at) <= WINDOW_SECONDS


def question(centre: str, case_id: UUID, recording_id: UUID) -> bytes:
    """What a centre signs that asks for a recording: it opens this one alone, and no parcel reads like it."""
    return f"recording {centre} {case_id} {recording_id}".encode()


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
