"""Byte ranges (RFC 9110, section 14) and digests of what is sent (RFC 9530). Pure."""

from __future__ import annotations

import base64
import binascii
import re

_RANGE = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")
_HEX = re.compile(r"^[0-9a-fA-F]{64}$")


class RangeOutside(Exception):
    """Nothing of the range lies in the sound (416)."""


class UnreadableDigest(Exception):
    """A digest header that is no SHA-256 digest."""


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """`start, end` (end excluded) of a single byte range; None: send all.

    A header that can't be read, or names several ranges, is ignored, as the RFC allows.

    Raises RangeOutside.
    """
    found = _RANGE.match(header.strip()) if header else None
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise RangeOutside
        return max(size - length, 0), size
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeOutside
    return start, end


def announced_digest(content_digest: str | None, x_content_sha256: str | None) -> str | None:
    """SHA-256 in hex out of `Content-Digest: sha-256=:base64:` or `X-Content-SHA256: hex`.

    Raises UnreadableDigest where there is a header but no digest in it.
    """
    if x_content_sha256 is not None:
        if not _HEX.match(x_content_sha256.strip()):
            raise UnreadableDigest("X-Content-SHA256")
        return x_content_sha256.strip().lower()
    if content_digest is None:
        return None
    for member in content_digest.split(","):
        name, _, value = member.strip().partition("=")
        if name.lower() == "sha-256" and value.startswith(":") and value.endswith(":"):
            try:
                raw = base64.b64decode(value[1:-1], validate=True)
            except binascii.Error:
                break
            if len(raw) == 32:
                return raw.hex()
    raise UnreadableDigest("Content-Digest")
